"""Generated faces with their tags: the data that directions are fitted on."""

from dataclasses import dataclass

import numpy as np
import torch

from anime_gen.latent.config import DirectionConfig
from anime_gen.latent.protocols import AbstainingReader, GeneratorLike, Progress, Reader
from anime_gen.latent.readings import column_slices
from anime_gen.latent.space import LatentSpace, fit_space, layer_groups
from anime_gen.stylegan2.streams import stream


@dataclass(frozen=True)
class Samples:
    """coordinates [n, p] and read-outs [n, c] of generated faces; trusted [n, c] is False where the tagger abstained.

    mixed [n]: whether the layers of this face come from two characters.
    """

    space: LatentSpace
    coordinates: torch.Tensor
    readout: torch.Tensor
    trusted: torch.Tensor
    mixed: torch.Tensor


def draw_ws(generator: GeneratorLike, count: int, seed: int, purpose: str, psi: float = 1.0) -> torch.Tensor:
    """Latents [count, num_ws, w_dim] of random characters; a pure function of its arguments."""
    z = torch.randn(count, generator.config.z_dim, generator=stream(seed, purpose, 0))
    with torch.inference_mode():
        ws: torch.Tensor = generator.mapping(z, psi)
    return ws.clone()


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
    readouts, trusted = [], []
    for start in progress(range(0, len(ws), config.batch), "reading generated faces"):
        with torch.inference_mode():
            images = generator.synthesis(ws[start : start + config.batch])
            readouts.append(tagger.readout(images).float().cpu())
            trusted.append(_trusted(tagger, images, readouts[-1]))
    return Samples(space, space.coordinates(ws), torch.cat(readouts).clone(), torch.cat(trusted), mixed)


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


def _trusted(tagger: Reader | AbstainingReader, images: torch.Tensor, readout: torch.Tensor) -> torch.Tensor:
    """Which read-outs [n, c] may enter a fit: finite ones, of attributes the tagger did not abstain from."""
    trusted = readout.isfinite()
    if hasattr(tagger, "tags"):
        tags = tagger.tags(images)
        for name, where in column_slices(tagger.columns).items():
            if name in tags:
                trusted[:, where] &= ~torch.from_numpy(np.asarray(tags[name][2], dtype=bool))[:, None]
    return trusted
