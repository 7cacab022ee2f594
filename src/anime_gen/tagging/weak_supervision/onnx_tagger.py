"""First votes from an ONNX tagger file that the user has: the WD taggers' layout, never needed, never fetched.

Layout: ``model.onnx`` with one input [n, size, size, 3] (BGR, 0 to 255) and one output [n, tags] of probabilities, and
a ``selected_tags.csv`` with a column ``name``, one row a tag in the output's order.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from anime_gen.attributes import Attribute
from anime_gen.images.faces import Faces
from anime_gen.images.files import file_sha256, write_atomically
from anime_gen.tagging.classifiers.network import resized
from anime_gen.tagging.config import OnnxConfig
from anime_gen.tagging.targets import Targets

SAME_THING = {"ribbon": ("hair_ribbon", "hair_bow"), "hat": ("hat", "beret"), "gray": ("grey",)}


class OnnxTagger:
    """A tagger file opened with ONNX Runtime on the CPU."""

    def __init__(self, config: OnnxConfig) -> None:
        """ValueError if file and list of tags do not fit each other."""
        import onnxruntime

        model, listed = Path(config.model), Path(config.tags)
        for path in (model, listed):
            if not path.is_file():
                raise FileNotFoundError(f"tag.labels.onnx names {path}, which is not there")
        with listed.open(newline="", encoding="utf-8") as file:
            self.names = [row["name"] for row in csv.DictReader(file)]
        self._session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        entry = self._session.get_inputs()[0]
        if len(entry.shape) != 4 or entry.shape[3] != 3 or not isinstance(entry.shape[1], int):
            raise ValueError(f"{model} takes {entry.shape}; a tagger of this layout takes [n, size, size, 3]")
        self._input, self._size = entry.name, int(entry.shape[1])
        count = self._session.get_outputs()[0].shape[-1]
        if count != len(self.names):
            raise ValueError(f"{model} gives {count} tags, but {listed} lists {len(self.names)}")

    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """Probability of each tag, float32 [n, tags], for pictures uint8 [n, r, r, 3]."""
        images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()
        ready = resized(images, self._size).flip(1).permute(0, 2, 3, 1).contiguous().numpy()  # RGB to BGR
        result: np.ndarray = self._session.run(None, {self._input: ready})[0]
        return result.astype(np.float32)


def tags_of(attribute: Attribute) -> dict[str, tuple[str, ...]]:
    """Which tags speak for which value: ``blue_hair`` for hair colour blue, ``glasses`` for glasses.

    Empty for kinds that tags say nothing about.
    """
    if attribute.kind == "binary":
        return {"1": SAME_THING.get(attribute.name, (attribute.name,))}
    ending = {"hair_color": "hair", "eye_color": "eyes"}.get(attribute.name)
    if attribute.kind != "categorical":
        return {}
    values = {name: (name, *SAME_THING.get(name, ())) for name in attribute.classes}
    return {name: tuple(f"{w}_{ending}" if ending else w for w in words) for name, words in values.items()}


def add_votes(targets: Targets, faces: Faces, config: OnnxConfig, weight: float, cache: Path) -> np.ndarray:
    """Let the tagger vote where nobody gave a label; returns the rows voted on, bool [n].

    A binary attribute gets *yes* above ``threshold`` and *no* below a fifth of it; a class wins when its best tag is
    above it and every other class below. All else stays unknown: a vote that is half a guess teaches nothing.
    """
    tagger = OnnxTagger(config)
    voted = np.zeros(targets.count, dtype=bool)
    probabilities = _cached(tagger, faces, config, cache)
    for attribute in targets.vocabulary.values():
        spoken = {
            value: [tagger.names.index(name) for name in names if name in tagger.names]
            for value, names in tags_of(attribute).items()
        }
        spoken = {value: places for value, places in spoken.items() if places}
        if not spoken:
            continue
        best = np.stack([probabilities[:, places].max(axis=1) for places in spoken.values()], axis=1)
        free = ~targets.known(attribute.name)
        if attribute.kind == "binary":
            rows = np.flatnonzero(free & ((best[:, 0] >= config.threshold) | (best[:, 0] < config.threshold / 5.0)))
            values: list[object] = [float(best[row, 0] >= config.threshold) for row in rows]
        else:
            rows = np.flatnonzero(free & ((best >= config.threshold).sum(axis=1) == 1))
            values = [list(spoken)[k] for k in best[rows].argmax(axis=1)]
        targets.put(attribute.name, rows, values, weight, votes=True)
        voted[rows] = True
    return voted


def _cached(tagger: OnnxTagger, faces: Faces, config: OnnxConfig, cache: Path) -> np.ndarray:
    """Probabilities of all faces; a large tagger takes a second a face, so they are kept."""
    digest = file_sha256(Path(config.model))[:16]
    path = cache / f"{digest}-{faces.fingerprint[:16]}.parquet"
    if not path.is_file():
        rows = [np.arange(k, min(k + 16, len(faces))) for k in range(0, len(faces), 16)]
        table = pd.DataFrame(np.concatenate([tagger.probabilities(faces.read(part)) for part in rows]))
        table.columns = table.columns.astype(str)
        write_atomically(path, table.to_parquet)
    return pd.read_parquet(path).to_numpy()
