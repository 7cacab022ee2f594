"""Character number n: its latent and its tags, for ever the same for one generator."""

from collections.abc import Iterable

import numpy as np
import torch

from anime_gen.stylegan2.networks.generator import Generator
from anime_gen.stylegan2.streams import random_z, stream_key


def draw_characters(generator: Generator, numbers: Iterable[int]) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Latents [n, z_dim] and tags [n, k] of these characters; an unconditional generator has no tags.

    A number decides the latent and, apart from it, the row of the generator's table of tags.
    """
    numbers = list(numbers)
    device = generator.mapping.w_avg.device
    z = torch.cat([random_z(number, generator.config.z_dim) for number in numbers]).to(device)
    network = generator.mapping.tags
    if network is None:
        return z, None
    rows = [tag_row(number, len(network.rows)) for number in numbers]
    return z, network.row(torch.tensor(rows, device=device))


def tag_row(number: int, rows: int) -> int:
    """Which of a table's `rows` character `number` has its tags from."""
    bits = np.random.Philox(key=stream_key(number, "tags", 0))
    return int(np.random.Generator(bits).integers(rows))
