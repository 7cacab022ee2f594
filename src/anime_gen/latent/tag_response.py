"""How the read-out answers to the tags a conditional generator is given: the Jacobian of a move through g.

Fitted once on generated faces. Tags are decoupled there (a few of each face are another row's), so that a tag's own
effect is told from that of the tags it usually comes with.
"""

from dataclasses import dataclass, fields

import torch

from anime_gen.attributes import Vocabulary
from anime_gen.latent.config import DirectionConfig
from anime_gen.latent.protocols import GeneratorLike, Progress, Reader
from anime_gen.latent.readings import column_slices
from anime_gen.latent.ridge import fit_ridge
from anime_gen.stylegan2.networks.condition import attribute_columns
from anime_gen.stylegan2.streams import stream
from anime_gen.tagging.classifiers.soft_tags import softened

EXCHANGED = 4
"""Attributes of a face whose tags are another row's."""
SURE = 0.8
"""Soft tag from which on a face is an example of its class."""


@dataclass(frozen=True)
class TagResponse:
    """c soft read-out columns against k tag columns.

    jacobian [c, k]: change of a column per standard deviation of a tag; scale [c]: its standard deviation over faces;
    r2 [c]: how much of it the tags explain. examples [m, k] with known [m, k]: tags of generated faces, and
    classes [m, d]: the class that the sub-models surely read in each, else -1, for every attribute of
    `told_by_examples`.
    """

    jacobian: torch.Tensor
    scale: torch.Tensor
    r2: torch.Tensor
    examples: torch.Tensor
    known: torch.Tensor
    classes: torch.Tensor

    def tensors(self) -> dict[str, torch.Tensor]:
        """All parts as float32, for a file."""
        return {f"tags.{field.name}": getattr(self, field.name).float().contiguous() for field in fields(self)}

    @classmethod
    def of(cls, tensors: dict[str, torch.Tensor]) -> "TagResponse | None":
        """What `tensors` gave, or None where a file has no such parts."""
        if "tags.jacobian" not in tensors:
            return None
        parts = {field.name: tensors[f"tags.{field.name}"] for field in fields(cls)}
        return cls(**parts | {"known": parts["known"] > 0.5, "classes": parts["classes"].long()})


def fit_tag_response(
    generator: GeneratorLike, tagger: Reader, config: DirectionConfig, progress: Progress
) -> TagResponse | None:
    """Make `config.samples` faces from decoupled tags and regress what is read on what was given.

    None for an unconditional generator.
    """
    network = getattr(generator.mapping, "tags", None)
    if network is None:
        return None
    random = stream(config.seed, "tag response", 0)
    tags = decoupled_tags(network, generator.config.condition, config, random)
    z = torch.randn(len(tags), generator.config.z_dim, generator=random)
    readouts = []
    for start in progress(range(0, len(tags), config.batch), "reading faces of decoupled tags"):
        part = slice(start, start + config.batch)
        with torch.inference_mode():
            readouts.append(tagger.readout(generator.synthesis(generator.mapping(z[part], tags=tags[part]))).float())
    readout = torch.cat(readouts).clone()
    with torch.no_grad():
        given = network.encode(tags).clone()
    soft = softened(tagger.vocabulary, readout)
    fit = fit_ridge(given, soft)
    slices = column_slices(tagger.columns)
    classes = [_sure_class(soft[:, slices[name]]) for name in told_by_examples(tagger.vocabulary, config)]
    k = tags.shape[1]
    return TagResponse(
        jacobian=fit.coefficients[:, :k].clone(),
        scale=soft.std(0),
        r2=fit.r2,
        examples=tags.nan_to_num(0.0),
        known=~tags.isnan(),
        classes=torch.stack(classes, 1) if classes else torch.zeros(len(tags), 0, dtype=torch.long),
    )


def told_by_examples(vocabulary: Vocabulary, config: DirectionConfig) -> list[str]:
    """Attributes whose class in each example is kept: the decided ones, and the switches that others are seen with."""
    return [name for name in vocabulary if name in config.derived or name in config.shown_with.values()]


def _sure_class(soft: torch.Tensor) -> torch.Tensor:
    """Number of the class [n] by soft tags [n, classes] or [n, 1] (no, yes); -1 where the face is no clear example."""
    shares = soft if soft.shape[1] > 1 else torch.cat([-soft, soft], 1)
    sure, number = shares.max(1)
    return torch.where(sure >= SURE, number, -1)


def decoupled_tags(
    network: torch.nn.Module, columns: tuple[str, ...], config: DirectionConfig, random: torch.Generator
) -> torch.Tensor:
    """Rows of the table [samples, k], a few attributes of each from another; dependents come with their carrier."""
    rows: int = len(network.rows)  # type: ignore[arg-type]
    numbers, others = (torch.randint(rows, (config.samples,), generator=random) for _ in range(2))
    tags, other = network.row(numbers), network.row(others)  # type: ignore[operator]
    groups: dict[str, list[int]] = {}
    for name, places in attribute_columns(columns).items():
        groups.setdefault(config.shown_with.get(name, name), []).extend(places)
    belonging = list(groups.values())
    for i in range(len(tags)):
        for chosen in torch.randperm(len(belonging), generator=random)[:EXCHANGED].tolist():
            tags[i, belonging[chosen]] = other[i, belonging[chosen]]
    result: torch.Tensor = tags
    return result
