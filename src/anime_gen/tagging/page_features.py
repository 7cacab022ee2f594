"""Features for the Label page: what the sub-models see and say where there are any, else coarse pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from anime_gen.images.faces import Faces
from anime_gen.tagging.attributes import Attribute
from anime_gen.tagging.picking import normalised
from anime_gen.tagging.pictures import ReadPictures, reader
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
    return tagger_features(tagger, read, len(faces), batch=batch)


@torch.inference_mode()
def tagger_features(
    tagger: Tagger, read: ReadPictures, count: int, left_out: str | None = None, batch: int = 256
) -> np.ndarray:
    """What the sub-models see (main directions of their trunks) and what they say (their votes), [n, k].

    ``left_out`` names a group whose sub-model must not help.
    """
    groups = tuple(group for group in tagger.sub_models if group != left_out)
    spoken = [a for a in tagger.vocabulary.values() if a.group != left_out]
    seen, said = [], []
    for rows in _batches(count, batch):
        images = torch.from_numpy(np.ascontiguousarray(read(rows))).permute(0, 3, 1, 2)
        images = as_float(images, torch.device("cpu"))
        seen.append(tagger.features(images, groups).numpy())
        readout = tagger.readout(images)
        said.append(torch.cat([_vote(a, tagger.part(readout, a.name)) for a in spoken], dim=1).numpy())
    votes = np.concatenate(said)
    votes = (votes - votes.mean(axis=0)) / (votes.std(axis=0) + 1e-3)
    trunks = normalised(np.concatenate(seen))
    trunks = trunks / max(1e-6, float(trunks.std(axis=0).max()))  # no louder than the votes
    return np.concatenate([trunks, votes], axis=1).astype(np.float32)


def _vote(attribute: Attribute, readout: torch.Tensor) -> torch.Tensor:
    """Read-out columns as votes of like size: probabilities for classes."""
    if attribute.kind == "categorical":
        return readout.softmax(dim=1)
    return readout.sigmoid() if attribute.kind == "binary" else readout


def _batches(count: int, batch: int) -> list[np.ndarray]:
    return [np.arange(first, min(first + batch, count)) for first in range(0, count, batch)]
