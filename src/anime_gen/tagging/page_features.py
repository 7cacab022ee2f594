"""Features for the Label page: the sub-models' trunks where there are any, otherwise the colours and coarse shapes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from anime_gen.images.faces import Faces
from anime_gen.tagging.picking import normalised
from anime_gen.tagging.pictures import reader
from anime_gen.tagging.tagger import MANIFEST, Tagger
from anime_gen.tagging.training import as_float

COARSE_PX = 16


def page_features(faces: Faces, taggers_folder: Path, batch: int = 256) -> np.ndarray:
    """Standardised features float32 [n, k] of all faces."""
    if not (taggers_folder / MANIFEST).is_file():
        read = reader(faces, COARSE_PX)
        coarse = [read(rows).reshape(len(rows), -1) / 127.5 - 1.0 for rows in _batches(len(faces), batch)]
        return normalised(np.concatenate(coarse).astype(np.float32))
    tagger = Tagger.load(taggers_folder)
    read = reader(faces, max(model.network.shape.input_px for model in tagger.sub_models.values()))
    parts = []
    with torch.inference_mode():
        for rows in _batches(len(faces), batch):
            images = torch.from_numpy(np.ascontiguousarray(read(rows))).permute(0, 3, 1, 2)
            parts.append(tagger.features(as_float(images, torch.device("cpu"))).numpy())
    return normalised(np.concatenate(parts))


def _batches(count: int, batch: int) -> list[np.ndarray]:
    return [np.arange(first, min(first + batch, count)) for first in range(0, count, batch)]
