"""Labels of a set of faces as arrays: one number a picture and attribute, NaN where nobody said."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.labels.table import LabelError

LABEL_PREFIX = "label."
logger = logging.getLogger(__name__)


@dataclass
class Targets:
    """Labels of n pictures: ``values[attribute]`` [n], a class number for a categorical one; ``weights`` [n].

    ``votes`` [n] marks those that no person and no data set stated: they teach, but never calibrate.
    """

    vocabulary: Vocabulary
    count: int
    values: dict[str, np.ndarray] = field(default_factory=dict)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    votes: dict[str, np.ndarray] = field(default_factory=dict)

    def known(self, name: str) -> np.ndarray:
        """Which pictures have a label of this attribute, bool [n]."""
        return ~np.isnan(self.values[name]) if name in self.values else np.zeros(self.count, dtype=bool)

    def stated(self, name: str) -> np.ndarray:
        """Which pictures have a label of this attribute that is no vote, bool [n]."""
        return self.known(name) & ~self.votes[name] if name in self.votes else self.known(name)

    def put(
        self,
        name: str,
        rows: np.ndarray,
        values: Sequence[object],
        weight: float | np.ndarray,
        votes: bool = False,
    ) -> None:
        """State labels of some rows, with one weight or one each; a later statement replaces an earlier one."""
        attribute = self.vocabulary[name]
        if name not in self.values:
            self.values[name] = np.full(self.count, np.nan)
            self.weights[name] = np.zeros(self.count, dtype=np.float32)
            self.votes[name] = np.zeros(self.count, dtype=bool)
        self.values[name][rows] = [encoded(attribute, value) for value in values]
        self.weights[name][rows] = weight
        self.votes[name][rows] = votes


def is_allowed(attribute: Attribute, value: object) -> bool:
    """Whether this is a label of the attribute; None is not."""
    try:
        attribute.read(value)
    except ValueError:
        return False
    return True


def encoded(attribute: Attribute, value: object) -> float:
    """A checked label as a number: its class number, or itself."""
    read = attribute.read(value)
    return float(attribute.classes.index(read)) if isinstance(read, str) else float(read)


def decoded(attribute: Attribute, numbers: np.ndarray) -> np.ndarray:
    """Numbers back to labels: class names for a categorical attribute, otherwise unchanged."""
    if attribute.kind != "categorical":
        return numbers
    result: np.ndarray = np.array(attribute.classes, dtype=object)[np.asarray(numbers).astype(int)]
    return result


def targets_of_index(face_index: pd.DataFrame, vocabulary: Vocabulary, weight: float = 1.0) -> Targets:
    """The labels that came with the pictures: the columns ``label.<attribute>`` of the face index.

    LabelError names the rows whose value the vocabulary does not allow. A column it does not know is passed over with
    a warning: somebody took that slider out.
    """
    targets = Targets(vocabulary, len(face_index))
    problems: list[str] = []
    for column in (c for c in face_index.columns if str(c).startswith(LABEL_PREFIX)):
        name = str(column).removeprefix(LABEL_PREFIX)
        if name not in vocabulary:
            logger.warning("column %s: attributes.yml has no attribute %r, so these labels are not used", column, name)
            continue
        given = face_index[column].notna().to_numpy()
        rows = np.flatnonzero(given)
        kept, values = _checked(vocabulary[name], rows, face_index[column].to_numpy()[rows], face_index, problems)
        targets.put(name, kept, values, weight)
    if problems:
        raise LabelError(_listed(problems))
    return targets


def _checked(
    attribute: Attribute, rows: np.ndarray, values: np.ndarray, index: pd.DataFrame, problems: list[str]
) -> tuple[np.ndarray, list[object]]:
    kept, good = [], []
    for row, value in zip(rows.tolist(), values.tolist(), strict=True):
        try:
            attribute.read(value)
        except ValueError as error:
            problems.append(f"picture {index['id'].iloc[row]}: {error}")
            continue
        kept.append(row)
        good.append(value)
    return np.array(kept, dtype=int), good


def _listed(problems: list[str], most: int = 20) -> str:
    lines = problems[:most] + ([f"... and {len(problems) - most} more"] if len(problems) > most else [])
    return "labels that can't be used:\n  " + "\n  ".join(lines)


def joined(first: Targets, second: Targets) -> Targets:
    """Labels of two sets of pictures, one after the other."""
    both = Targets(first.vocabulary, first.count + second.count)
    for name in first.vocabulary:
        if name in first.values or name in second.values:
            for column, lacking in (("values", np.nan), ("weights", np.float32(0.0)), ("votes", False)):
                parts = [getattr(t, column).get(name, np.full(t.count, lacking)) for t in (first, second)]
                getattr(both, column)[name] = np.concatenate(parts)
    return both


def targets_of_labels(labels: Sequence[Mapping[str, object]], vocabulary: Vocabulary, weight: float = 1.0) -> Targets:
    """Labels given as one mapping a picture (None = does not apply), as ``Character.labels()`` states them.

    Attributes and classes outside the vocabulary are passed over: the drawing program knows more than one may want.
    """
    targets = Targets(vocabulary, len(labels))
    for name in vocabulary:
        rows = [row for row, entry in enumerate(labels) if is_allowed(vocabulary[name], entry.get(name))]
        if rows:
            targets.put(name, np.array(rows), [labels[row][name] for row in rows], weight)
    return targets
