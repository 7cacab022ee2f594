"""Faces as the sub-models want them: at their input size, one set after another."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from anime_gen.images.faces import READ_AT_ONCE, Faces
from anime_gen.tagging.classifiers.network import resized

ReadPictures = Callable[[np.ndarray], np.ndarray]


def reader(faces: Faces, size_px: int) -> ReadPictures:
    """A function from row numbers to pictures uint8 [n, size_px, size_px, 3] of these faces."""
    if faces.resolution % size_px == 0:
        return faces.at(size_px).read

    def read(rows: np.ndarray) -> np.ndarray:
        result = np.empty((len(rows), size_px, size_px, 3), np.uint8)
        for first in range(0, len(rows), READ_AT_ONCE):
            part = slice(first, first + READ_AT_ONCE)
            pictures = torch.from_numpy(faces.read(rows[part])).permute(0, 3, 1, 2).float()
            result[part] = resized(pictures, size_px).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()
        return result

    return read


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
