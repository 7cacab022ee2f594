"""The looks at a set of faces that the Label page learns from: pictures alone, and sub-models where there are any."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from anime_gen.images.faces import Faces
from anime_gen.tagging.attributes import Attribute
from anime_gen.tagging.looks import LOOK_PX, Looks, colours, lines, main_directions
from anime_gen.tagging.pictures import ReadPictures, reader
from anime_gen.tagging.tagger import MANIFEST, Tagger
from anime_gen.tagging.training import as_float

LINES, COLOURS, SEEN = 160, 96, 64
VOTE = 0.3  # how loud what is said of other attributes is beside what is seen


def page_looks(faces: Faces, taggers_folder: Path, batch: int = 256) -> Looks:
    """All looks at all faces."""
    common = picture_looks(reader(faces, LOOK_PX), len(faces), batch)
    if not (taggers_folder / MANIFEST).is_file():
        return Looks(common)
    tagger = Tagger.load(taggers_folder)
    read = reader(faces, max(model.network.shape.input_px for model in tagger.sub_models.values()))
    heard = tagger_looks(tagger, read, len(faces), batch=batch)
    return Looks({**common, **heard.common}, heard.said)


def picture_looks(read: ReadPictures, count: int, batch: int = 256) -> dict[str, np.ndarray]:
    """Lines [n, 160] and colours [n, 96] of faces read at 64 pixels."""
    drawn, painted = [], []
    for rows in _batches(count, batch):
        pictures = read(rows)
        drawn.append(lines(pictures))
        painted.append(colours(pictures))
    return {
        "lines": main_directions(np.concatenate(drawn), LINES),
        "colours": main_directions(np.concatenate(painted), COLOURS),
    }


@torch.inference_mode()
def tagger_looks(
    tagger: Tagger, read: ReadPictures, count: int, left_out: str | None = None, batch: int = 256
) -> Looks:
    """What the sub-models see (main directions of their trunks, beside their votes) and what they say.

    ``left_out`` names a group whose sub-model must not help.
    """
    groups = tuple(group for group in tagger.sub_models if group != left_out)
    spoken = [a for a in tagger.vocabulary.values() if a.group != left_out]
    trunks: list[np.ndarray] = []
    said: dict[str, list[np.ndarray]] = {a.name: [] for a in spoken}
    votes: list[np.ndarray] = []
    for rows in _batches(count, batch):
        images = torch.from_numpy(np.ascontiguousarray(read(rows))).permute(0, 3, 1, 2)
        images = as_float(images, torch.device("cpu"))
        trunks.append(tagger.features(images, groups).numpy())
        readout = tagger.readout(images)
        parts = [tagger.part(readout, a.name) for a in spoken]
        votes.append(torch.cat([_vote(a, part) for a, part in zip(spoken, parts, strict=True)], dim=1).numpy())
        for a, part in zip(spoken, parts, strict=True):
            said[a.name].append(part.numpy())
    every = np.concatenate(votes)
    every = (every - every.mean(axis=0)) / (every.std(axis=0) + 1e-3)
    seen = main_directions(np.concatenate(trunks), SEEN)
    seen = seen / max(1e-6, float(seen.std(axis=0).max()))
    together = np.concatenate([seen, VOTE * every], axis=1)
    return Looks({"seen": together.astype(np.float32)}, {name: np.concatenate(parts) for name, parts in said.items()})


def _vote(attribute: Attribute, readout: torch.Tensor) -> torch.Tensor:
    """Read-out columns as votes of like size: probabilities for classes."""
    if attribute.kind == "categorical":
        return readout.softmax(dim=1)
    return readout.sigmoid() if attribute.kind == "binary" else readout


def _batches(count: int, batch: int) -> list[np.ndarray]:
    return [np.arange(first, min(first + batch, count)) for first in range(0, count, batch)]
