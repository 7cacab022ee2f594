"""The views of a set of faces that the Label page learns from: pictures alone, and sub-models where there are any."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.images.faces import Faces
from anime_gen.tagging.active_learning.adaptive_batch_norm import adapt_batch_norm
from anime_gen.tagging.active_learning.views import VIEW_PX, Prediction, Views, colours, lines, main_directions
from anime_gen.tagging.classifiers.pictures import ReadPictures, reader
from anime_gen.tagging.classifiers.tagger import MANIFEST, Tagger
from anime_gen.tagging.classifiers.training import as_float
from anime_gen.threads import threads, threads_for

logger = logging.getLogger(__name__)
LINES, COLOURS, SEEN = 160, 96, 64
ADAPTED_ON = 4096  # faces from which statistics of a set are taken
VOTE = 0.3  # how loud predictions of other attributes are beside what is seen


def collect_views(faces: Faces, vocabulary: Vocabulary, taggers: Sequence[Path], batch: int = 256) -> Views:
    """All views of all faces, and what the sub-models of some folders predict of the vocabulary's attributes.

    The first folder that predicts an attribute counts; one without sub-models, or with nothing to add, is passed
    over. A sub-model of another vocabulary counts only where an attribute means the same there.
    """
    views = Views(picture_views(reader(faces, VIEW_PX), len(faces), batch))
    for folder in taggers:
        if not (folder / MANIFEST).is_file():
            continue
        try:
            tagger = Tagger.load(folder)
        except (ValueError, OSError, KeyError) as error:  # damaged, or half replaced by a run of the tag stage
            logger.warning("labelling goes on without the sub-models in %s: %s", folder, error)
            continue
        same = [n for n, a in tagger.vocabulary.items() if n in vocabulary and a.meaning == vocabulary[n].meaning]
        new = [name for name in same if name not in views.predictions]
        if new:
            read = reader(faces, max(model.network.shape.input_px for model in tagger.sub_models.values()))
            with threads(threads_for(batch * tagger.cost())):
                found = tagger_views(tagger, read, len(faces), batch=batch)
            predictions = {name: found.predictions[name] for name in new}
            views = Views({**found.common, **views.common}, {**views.predictions, **predictions})
    return views


def picture_views(read: ReadPictures, count: int, batch: int = 256) -> dict[str, np.ndarray]:
    """Lines [n, 160] and colours [n, 96] of faces read at 64 pixels."""
    drawn, painted = [], []
    for first in range(0, count, batch):
        pictures = read(np.arange(first, min(first + batch, count)))
        drawn.append(lines(pictures))
        painted.append(colours(pictures))
    return {
        "lines": main_directions(np.concatenate(drawn), LINES),
        "colours": main_directions(np.concatenate(painted), COLOURS),
    }


def tagger_views(
    tagger: Tagger, read: ReadPictures, count: int, left_out: str | None = None, batch: int = 256
) -> Views:
    """What the sub-models see (main directions of their trunks, beside their votes) and what they predict.

    They predict in two variants: as they were taught, and adapted to these faces. What the adapted ones see is the
    better view. ``left_out`` names a group whose sub-model must not help.
    """
    groups = [group for group in tagger.sub_models if group != left_out]
    spoken = [a for a in tagger.vocabulary.values() if a.group != left_out]
    if not spoken:
        return Views({})
    some = np.random.default_rng(0).permutation(count)[:ADAPTED_ON]
    adapted = adapt_batch_norm(tagger, _as_batches(read, some, batch))
    variants = {
        "taught": _predicted(tagger, read, count, batch),
        "adapted": _predicted(adapted, read, count, batch, groups),
    }
    trunks = np.concatenate([variants["adapted"][0][group] for group in groups], axis=1)
    seen = main_directions(trunks, SEEN)
    seen = seen / max(1e-6, float(seen.std(axis=0).max()))
    votes = {v: {a.name: _even(_vote(a, readouts[a.name])) for a in spoken} for v, (_, readouts) in variants.items()}
    every = np.concatenate(list(votes["adapted"].values()), axis=1)
    together = np.concatenate([seen, VOTE * every], axis=1).astype(np.float32)
    near = {a.name: [other.name for other in spoken if other.group == a.group] for a in spoken}
    predictions = {
        a.name: {
            variant: Prediction(readouts[a.name], np.concatenate([votes[variant][n] for n in near[a.name]], axis=1))
            for variant, (_, readouts) in variants.items()
        }
        for a in spoken
    }
    return Views({"seen": together}, predictions)


@torch.inference_mode()
def _predicted(
    tagger: Tagger, read: ReadPictures, count: int, batch: int, groups: Sequence[str] = ()
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """What the last layers of some groups see, and the read-out of each attribute, of all faces."""
    trunks: dict[str, list[np.ndarray]] = {group: [] for group in groups}
    readouts: dict[str, list[np.ndarray]] = {name: [] for name in tagger.vocabulary}
    for images in _as_batches(read, np.arange(count), batch):
        features = tagger.features(images)
        for group, seen in trunks.items():
            seen.append(features[group].numpy())
        every = tagger.readout_of(features)
        for name, parts in readouts.items():
            parts.append(tagger.part(every, name).numpy())
    return tuple({name: np.concatenate(parts) for name, parts in some.items()} for some in (trunks, readouts))  # type: ignore[return-value]


def _as_batches(read: ReadPictures, rows: np.ndarray, batch: int) -> Iterator[torch.Tensor]:
    """Pictures [n, 3, r, r] in [-1, 1]."""
    for first in range(0, len(rows), batch):
        pictures = np.ascontiguousarray(read(rows[first : first + batch]))
        yield as_float(torch.from_numpy(pictures).permute(0, 3, 1, 2), torch.device("cpu"))


def _even(columns: np.ndarray) -> np.ndarray:
    even: np.ndarray = (columns - columns.mean(axis=0)) / (columns.std(axis=0) + 1e-3)
    return even


def _vote(attribute: Attribute, readout: np.ndarray) -> np.ndarray:
    """Read-out columns [n, k] as votes of like size: probabilities for classes."""
    from scipy.special import expit, softmax

    if attribute.kind == "categorical":
        chances: np.ndarray = softmax(readout, axis=1)
        return chances
    return expit(readout) if attribute.kind == "binary" else readout
