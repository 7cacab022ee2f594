"""Generated faces with their tags: the data that directions are fitted on."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from anime_gen.distributed import spread
from anime_gen.latent.config import DirectionConfig
from anime_gen.latent.protocols import AbstainingReader, GeneratorLike, Progress, Reader
from anime_gen.latent.readings import column_slices
from anime_gen.latent.space import LatentSpace, fit_space, layer_groups
from anime_gen.stylegan2.streams import stream
from anime_gen.threads import threads

FEWEST_TRUSTED = 0.25
"""Share of faces with a trusted tag below which doubtful ones are let in."""


@dataclass(frozen=True)
class Samples:
    """Generated faces: coordinates [n, p], read-outs [n, c], and per attribute whether and how far to trust them.

    trusted [attribute][n]: the tagger did not abstain; confidence [attribute][n] in 0..1; mixed [n]: whether the
    layers of this face come from two characters.
    """

    space: LatentSpace
    coordinates: torch.Tensor
    readout: torch.Tensor
    trusted: dict[str, torch.Tensor]
    confidence: dict[str, torch.Tensor]
    mixed: torch.Tensor


def draw_ws(generator: GeneratorLike, count: int, seed: int, purpose: str, psi: float = 1.0) -> torch.Tensor:
    """Latents [count, num_ws, w_dim] of random characters; a pure function of its arguments."""
    return draw_with_tags(generator, count, seed, purpose, psi)[0]


def draw_with_tags(
    generator: GeneratorLike, count: int, seed: int, purpose: str, psi: float = 1.0
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The same, and the tags [count, k] of its table that a conditional generator made them with, else None."""
    random = stream(seed, purpose, 0)
    z = torch.randn(count, generator.config.z_dim, generator=random)
    table = getattr(generator.mapping, "tags", None)
    tags = None if table is None else table.row(torch.randint(len(table.rows), (count,), generator=random))
    given = {} if tags is None else {"tags": tags}
    with torch.inference_mode():
        ws: torch.Tensor = generator.mapping(z, psi, **given)
    return ws.clone(), tags


def sample_faces(
    generator: GeneratorLike, tagger: Reader | AbstainingReader, config: DirectionConfig, progress: Progress
) -> Samples:
    """Make `config.samples` faces and read them.

    In every second face the layers from a random group on come from another character, as in training with style
    mixing: only so can a regression tell which layers an attribute depends on.
    """
    ws = draw_ws(generator, config.samples, config.seed, "direction samples")
    space = fit_space(ws[:, 0], generator.num_ws, config.layer_groups, config.rank)
    ws, mixed = mix_layers(ws, config)
    batches = ws.split(config.batch)
    cores = torch.get_num_threads()
    made = spread(partial(_made_and_read, generator, tagger, cores), batches, config.engine, cores)
    shown = zip(progress(batches, "reading generated faces"), made, strict=True)
    readouts, trust = zip(*(read for _, read in shown), strict=True)
    names = list(column_slices(tagger.columns))
    trusted = {name: torch.cat([part[name][0] for part in trust]) for name in names}
    confidence = {name: torch.cat([part[name][1] for part in trust]) for name in names}
    return Samples(space, space.coordinates(ws), torch.cat(readouts).clone(), trusted, confidence, mixed)


def _made_and_read(
    generator: GeneratorLike, tagger: Reader | AbstainingReader, cores: int, ws: torch.Tensor
) -> tuple[torch.Tensor, dict[str, tuple[torch.Tensor, torch.Tensor]]]:
    """The read-outs [n, c] of the faces at ws [n, num_ws, w_dim], and the trust in them."""
    with torch.inference_mode(), threads(cores):
        images = generator.synthesis(ws)
        readout = tagger.readout(images).float().cpu()
        return readout, _trust(tagger, images, readout)


def usable(samples: Samples, name: str) -> torch.Tensor:
    """Faces [n] whose tag of this attribute enters a fit: those not abstained from.

    On a poor generator the taggers abstain from nearly all; where less than a quarter is left, it is the more
    confident half: a rough direction, and a low r2 that says so, rather than none.
    """
    trusted, confidence = samples.trusted[name], samples.confidence[name]
    if float(trusted.float().mean()) >= FEWEST_TRUSTED:
        return trusted
    return (confidence >= confidence.median()) & (confidence >= 0.0)


def mix_layers(ws: torch.Tensor, config: DirectionConfig) -> tuple[torch.Tensor, torch.Tensor]:
    """Give every second row of ws the later layers of the next row, from a random group border on."""
    groups = layer_groups(ws.shape[1], config.layer_groups)
    mixed = torch.zeros(len(ws), dtype=torch.bool)
    if len(groups) == 1:
        return ws, mixed
    mixed[::2] = True
    borders = torch.tensor([first for first, _ in groups[1:]])
    chosen = borders[torch.randint(len(borders), (len(ws),), generator=stream(config.seed, "direction mixing", 0))]
    take = (torch.arange(ws.shape[1])[None, :] >= chosen[:, None]) & mixed[:, None]
    return torch.where(take[..., None], ws.roll(-1, 0), ws), mixed


def _trust(
    tagger: Reader | AbstainingReader, images: torch.Tensor, readout: torch.Tensor
) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Attribute -> (trusted [n], confidence [n]); a read-out that is not finite has confidence -1."""
    tags = tagger.tags(images) if hasattr(tagger, "tags") else {}
    trust = {}
    for name, where in column_slices(tagger.columns).items():
        sound = readout[:, where].isfinite().all(1)
        trusted, confidence = sound, torch.ones(len(readout))
        if name in tags:
            _, sure, abstained = tags[name]
            trusted = sound & ~torch.from_numpy(np.asarray(abstained, dtype=bool))
            confidence = torch.from_numpy(np.asarray(sure, dtype=np.float32))
        trust[name] = trusted, torch.where(sound, confidence, -1.0)
    return trust
