"""Contact sheets of generated pictures with fixed seeds."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from anime_gen.stylegan2.inference.characters import draw_characters
from anime_gen.stylegan2.networks.generator import Generator

BATCH_PIXELS = 2**20  # made at once, 64 pictures at the most: what a tick needs beside the training itself


def sample(generator: Generator, seeds: range, resolution: int, alpha: float = 1.0, psi: float = 1.0) -> torch.Tensor:
    """Pictures float32 [n, 3, r, r] of the characters of these numbers at a growing generator's resolution."""
    return torch.cat(list(sample_batches(generator, seeds, resolution, alpha, psi)))


@torch.no_grad()
def sample_batches(
    generator: Generator, seeds: range, resolution: int, alpha: float = 1.0, psi: float = 1.0
) -> Iterator[torch.Tensor]:
    """The same in batches [n, 3, r, r], smaller ones of larger pictures."""
    batch = max(1, min(64, BATCH_PIXELS // resolution**2))
    for start in range(seeds.start, seeds.stop, batch):
        z, tags = draw_characters(generator, range(start, min(start + batch, seeds.stop)))
        ws = generator.mapping(z, psi, tags=tags)
        yield generator.synthesis(ws, "constant", None, resolution, alpha)


def to_uint8(images: torch.Tensor) -> np.ndarray:
    """[n, 3, h, w] in [-1, 1] -> uint8 [n, h, w, 3]."""
    scaled = (images.float() * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)
    return scaled.permute(0, 2, 3, 1).cpu().numpy()


def grid(pictures: np.ndarray, columns: int, enlarge: int = 1) -> np.ndarray:
    """Lay uint8 pictures [n, h, w, 3] out row by row; missing ones at the end stay white."""
    n, height, width, _ = pictures.shape
    rows = -(-n // columns)
    sheet = np.full((rows * columns, height, width, 3), 255, np.uint8)
    sheet[:n] = pictures
    sheet = sheet.reshape(rows, columns, height, width, 3).transpose(0, 2, 1, 3, 4)
    return sheet.reshape(rows * height, columns * width, 3).repeat(enlarge, 0).repeat(enlarge, 1)


def save_png(image: np.ndarray, path: Path) -> None:
    """Write uint8 [h, w, 3] as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, format="PNG")
