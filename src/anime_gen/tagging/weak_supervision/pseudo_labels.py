"""First votes from sub-models taught elsewhere, corrected by the answers about this set, as on the Label page."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import numpy as np
import pandas as pd

from anime_gen.images.faces import Faces
from anime_gen.images.files import write_atomically
from anime_gen.tagging.active_learning.few_shot import learn
from anime_gen.tagging.active_learning.page_features import collect_views
from anime_gen.tagging.classifiers.tagger import MANIFEST
from anime_gen.tagging.targets import Targets, decoded
from anime_gen.tagging.weak_supervision.label_merging import MergedLabels

ENOUGH = 0.5  # share of labelled pictures from which an attribute needs no guesses
logger = logging.getLogger(__name__)


def add_pseudo_labels(merged: MergedLabels, faces: Faces, taggers: Path, weight: float, cache: Path) -> None:
    """Guess, in place, what nobody said of the learning pictures; FileNotFoundError if there are no sub-models.

    Also where an attribute does not apply (the rim of glasses not worn): the set does not tell the two apart.

    A guess counts ``weight`` times its chance of being right. Guessed pictures never calibrate and never test.
    """
    if not (taggers / MANIFEST).is_file():
        raise FileNotFoundError(f"tag.labels.taught_by: no sub-models in {taggers}; name a folder with {MANIFEST}")
    targets = merged.targets
    open_ones = [
        n for n in targets.vocabulary if targets.known(n)[merged.learning].sum() <= ENOUGH * len(merged.learning)
    ]
    if not open_ones:
        return
    learned = _learned(merged)
    path = cache / f"{_key(learned, open_ones, faces, taggers)}.parquet"
    if not path.is_file():
        table = _guessed(learned, open_ones, faces, taggers)
        write_atomically(path, table.to_parquet)
    table = pd.read_parquet(path)
    labelled = np.any([targets.known(name) for name in targets.vocabulary], axis=0)
    merged.chosen[merged.learning[~labelled[merged.learning]]] = True
    for name in (n for n in targets.vocabulary if n in table):
        rows = merged.learning[~targets.known(name)[merged.learning]]
        values = decoded(targets.vocabulary[name], table[name].to_numpy()[rows])
        targets.put(name, rows, values.tolist(), weight * table[f"{name} sure"].to_numpy()[rows], votes=True)


def _learned(merged: MergedLabels) -> Targets:
    """The labels of the learning pictures alone: what a guess may be corrected by.

    Some of them calibrate the sub-model later, which heard of them only through such corrections.
    """
    targets = merged.targets
    unlabelled = np.setdiff1d(np.arange(targets.count), merged.learning)
    values = {name: np.where(targets.votes[name], np.nan, column) for name, column in targets.values.items()}
    for column in values.values():
        column[unlabelled] = np.nan
    return Targets(targets.vocabulary, targets.count, values, targets.weights)


def _guessed(learned: Targets, names: list[str], faces: Faces, taggers: Path) -> pd.DataFrame:
    """A column of values and one of chances for each of these attributes that can be guessed."""
    views = collect_views(faces, learned.vocabulary, [taggers])
    columns: dict[str, np.ndarray] = {}
    for name in names:
        rows = np.flatnonzero(learned.known(name))
        if name not in views.predictions:  # answers alone are for the sub-model itself to learn from
            continue
        answers = learned.values[name][rows] if len(rows) else np.zeros(0)
        guess = learn(learned.vocabulary[name], views, rows, answers)
        columns |= {name: guess.value, f"{name} sure": guess.sure}
    told = [f"{name} ({learned.known(name).sum()})" for name in names if name in columns]
    logger.info("guessed, each from so many labels of this set: %s", ", ".join(told) or "nothing")
    return pd.DataFrame(columns, index=range(learned.count))


def _key(learned: Targets, names: list[str], faces: Faces, taggers: Path) -> str:
    digest = hashlib.sha256(f"{faces.fingerprint} {learned.vocabulary.version} {names}".encode())
    for file in [taggers / MANIFEST, *sorted(taggers.glob("*.safetensors"))]:
        digest.update(file.read_bytes())
    for name in sorted(learned.values):
        digest.update(name.encode() + np.ascontiguousarray(learned.values[name]).tobytes())
    return digest.hexdigest()[:16]
