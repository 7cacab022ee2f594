"""First votes from an ONNX tagger file that the user has: the WD taggers' layout, never needed, never fetched.

Layout: ``model.onnx`` with one input [n, size, size, 3] (BGR, 0 to 255; n may be fixed) and an output [n, tags] of
probabilities or logits, and a list of the tags in the output's order (``selected_tags.csv`` with a column ``name``).
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from anime_gen.attributes import Attribute
from anime_gen.images.faces import Faces
from anime_gen.images.files import file_sha256, write_atomically
from anime_gen.paths import user_path
from anime_gen.signatures import START, stand_in
from anime_gen.tagging.classifiers.network import resized
from anime_gen.tagging.config import OnnxConfig
from anime_gen.tagging.targets import Targets
from anime_gen.tagging.weak_supervision.tag_lists import plain_tag, read_tags

SAME_THING = {"ribbon": ("hair_ribbon", "hair_bow"), "hat": ("hat", "beret"), "gray": ("grey",)}


class OnnxTagger:
    """A tagger file opened with ONNX Runtime on the CPU."""

    def __init__(self, config: OnnxConfig) -> None:
        """ValueError in one sentence if the file is of another layout, or does not fit its list of tags."""
        import onnxruntime

        self._model, listed = user_path(config.model), user_path(config.tags)
        for path in (self._model, listed):
            if not path.is_file():
                raise FileNotFoundError(f"tag.labels.onnx names {path}, which is not there")
            with path.open("rb") as file:
                words = stand_in(file.read(START))
            if words is not None:
                raise ValueError(f"tag.labels.onnx: {path} is {words}")
        self.names = read_tags(listed)
        try:
            self._session = onnxruntime.InferenceSession(str(self._model), providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime has a class of its own for every way a file can be wrong
            raise ValueError(f"{self._model} is no ONNX file that can be opened ({_sentence(error)})") from None
        entry = self._session.get_inputs()[0]
        if len(self._session.get_inputs()) > 1 or entry.type not in _TYPES or not _is_square(entry.shape):
            raise ValueError(
                f"{self._model} takes {entry.shape} as {entry.type}; a tagger of this layout takes [n, size, size, 3] "
                "with a fixed size, as float or uint8"
            )
        self._input, self._size, self._type = entry.name, int(entry.shape[1]), _TYPES[entry.type]
        self._batch = entry.shape[0] if isinstance(entry.shape[0], int) and entry.shape[0] > 0 else None
        counts = [_tags_in(output.shape) for output in self._session.get_outputs()]
        fitting = [i for i, count in enumerate(counts) if count == len(self.names)]
        unsaid = [i for i, count in enumerate(counts) if not isinstance(count, int)]
        if not fitting and not unsaid:
            raise ValueError(f"{self._model} gives {counts[0]} tags, but {listed} lists {len(self.names)}")
        self._output = (fitting or unsaid)[0]

    def outputs(self, pictures: np.ndarray) -> np.ndarray:
        """What the file says of each tag, float32 [n, tags], for pictures uint8 [n, r, r, 3]."""
        images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()
        ready = resized(images, self._size).flip(1).permute(0, 2, 3, 1).contiguous().numpy()  # RGB to BGR
        step = self._batch or max(1, len(ready))
        parts = [self._run(ready[start : start + step], step) for start in range(0, len(ready), step)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.names)), np.float32)

    def _run(self, batch: np.ndarray, step: int) -> np.ndarray:
        """One call; a file made for batches of a fixed size gets its last one filled up."""
        fill = np.repeat(batch[-1:], step - len(batch), axis=0)
        given = np.concatenate([batch, fill]).clip(0, 255).astype(self._type)
        try:
            result = np.asarray(self._session.run(None, {self._input: given})[self._output], np.float32)
        except Exception as error:
            raise ValueError(f"{self._model} cannot be run on pictures ({_sentence(error)})") from None
        if result.size != len(given) * len(self.names):
            shape, wanted = list(result.shape), [len(given), len(self.names)]
            raise ValueError(f"{self._model} answers {shape} where its list of tags needs {wanted}")
        return result.reshape(len(given), -1)[: len(batch)]

    def probabilities(self, pictures: np.ndarray) -> np.ndarray:
        """Probability of each tag, float32 [n, tags]. See ``as_probabilities``."""
        return as_probabilities(self.outputs(pictures), self._model)


_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(uint8)": np.uint8}


def as_probabilities(outputs: np.ndarray, model: Path | str) -> np.ndarray:
    """Outputs of a tagger as probabilities: as they are within 0 to 1, through a sigmoid where some are negative.

    ValueError for anything else, such as percentages.
    """
    if not np.isfinite(outputs).all():
        raise ValueError(f"{model} gives values that are no numbers; it cannot vote")
    low, high = (float(outputs.min()), float(outputs.max())) if outputs.size else (0.0, 0.0)
    if low >= -1e-4 and high <= 1.0 + 1e-4:
        return outputs.clip(0.0, 1.0)
    if low < 0.0:
        return (1.0 / (1.0 + np.exp(-outputs.astype(np.float64)))).astype(np.float32)
    raise ValueError(
        f"{model} gives values from {low:.3g} to {high:.3g}, not probabilities; export it with its sigmoid"
    )


def _tags_in(shape: list[object]) -> int | None:
    """How many tags an output [n, tags] or [n, tags, 1, 1] holds; None where the file does not say."""
    sides = [side for side in shape[1:] if isinstance(side, int)]
    return prod(sides) if sides and len(sides) == len(shape) - 1 else None


def _is_square(shape: list[object]) -> bool:
    return len(shape) == 4 and shape[3] == 3 and isinstance(shape[1], int) and shape[1] == shape[2] and shape[1] > 0


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


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
    speaking = [
        (attribute, places) for attribute in targets.vocabulary.values() if (places := _spoken(attribute, tagger))
    ]
    if not speaking:
        raise ValueError(
            f"tag.labels.onnx: {config.tags} lists {len(tagger.names)} tags ({', '.join(tagger.names[:3])} ...), and "
            "none of them speaks for an attribute of this project, as glasses or blue_hair would; name the list that "
            "came with the model, or set tag.labels.onnx to null"
        )
    probabilities = _cached(tagger, faces, config, cache)
    for attribute, spoken in speaking:
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


def _spoken(attribute: Attribute, tagger: OnnxTagger) -> dict[str, list[int]]:
    """Places in the tagger's output that speak for each value of an attribute."""
    places = {
        value: [tagger.names.index(name) for name in map(plain_tag, names) if name in tagger.names]
        for value, names in tags_of(attribute).items()
    }
    return {value: found for value, found in places.items() if found}


def _cached(tagger: OnnxTagger, faces: Faces, config: OnnxConfig, cache: Path) -> np.ndarray:
    """Probabilities of all faces; a large tagger takes a second a face, so they are kept."""
    digest = file_sha256(user_path(config.model))[:16]
    path = cache / f"{digest}-outputs-{faces.fingerprint[:16]}.parquet"
    if not path.is_file():
        rows = [np.arange(k, min(k + 16, len(faces))) for k in range(0, len(faces), 16)]
        table = pd.DataFrame(np.concatenate([tagger.outputs(faces.read(part)) for part in rows]))
        table.columns = table.columns.astype(str)
        write_atomically(path, table.to_parquet)
    return as_probabilities(pd.read_parquet(path).to_numpy(), config.model)
