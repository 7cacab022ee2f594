"""Faces as the sub-models want them: at their input size, one set after another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from anime_gen.images.faces import Faces, read_smaller
from anime_gen.tagging.classifiers.network import resized

ReadPictures = Callable[[np.ndarray], np.ndarray]


def reader(faces: Faces, size_px: int) -> ReadPictures:
    """A function from row numbers to pictures uint8 [n, size_px, size_px, 3] of these faces."""
    if faces.resolution % size_px == 0:
        return faces.at(size_px).read

    return lambda rows: read_smaller(faces, rows, size_px, _resampled)


def _resampled(pictures: np.ndarray, size_px: int) -> np.ndarray:
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
    result: np.ndarray = resized(images, size_px).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
    return result


def one_after_another(first: ReadPictures, count: int, second: ReadPictures) -> ReadPictures:
    """Rows below ``count`` from the first set, the others from the second."""

    def read(rows: np.ndarray) -> np.ndarray:
        rows = np.asarray(rows)
        inside = rows < count
        parts = [(inside, first(rows[inside])), (~inside, second(rows[~inside] - count))]
        pictures = np.empty((len(rows), *parts[0][1].shape[1:]), np.uint8)
        for chosen, part in parts:
            pictures[chosen] = part
        return pictures

    return read
