"""How alike two characters are, by what is measured in them: 0 is the same, 1 what two random characters are apart.

Only what makes a person counts: expression, pose and light are the moment's, and a colour's name follows from the
colour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.serving.rendering import Value
from anime_gen.stylegan2.monitoring.vendi import vendi_of_kernel
from anime_gen.tagging.classifiers.soft_tags import stated

PASSING = frozenset({"eye_openness", "pupil_size", "blush", "head_turn", "head_tilt", "light_side"})
"""Attributes that change from one picture of a person to the next; those of the group expression do as well."""
ALIKE = 0.5
"""Below this two characters look like one person: chosen on drawn people, see `tests/studio/test_resemblance.py`."""
WIDTH = 0.6
"""Distance at which two characters share a third (1/e) of each other in `worth`."""

RAREST = 0.15
"""A switch counts as if at least this share had it: else two hats would make strangers of twins."""

Measured = Mapping[str, Value]


@dataclass(frozen=True)
class Resemblance:
    """Distances in units of a population: `scale` is each attribute's mean square gap between two of its members."""

    vocabulary: Vocabulary
    scale: dict[str, float]

    @classmethod
    def of(cls, vocabulary: Vocabulary, population: Sequence[Measured]) -> "Resemblance":
        """Units from the measured values of random characters; ValueError for fewer than two."""
        if len(population) < 2:
            raise ValueError("distances between characters need at least two measured ones for their units")
        scale = {}
        for name, attribute in vocabulary.items():
            if not attribute.decided_by and attribute.group != "expression" and name not in PASSING:
                spread = float(np.nanvar(encoded(attribute, population), axis=0).sum())
                rarest = 4.0 * RAREST * (1.0 - RAREST) if attribute.kind == "binary" else 1e-4
                scale[name] = 2.0 * max(spread, rarest)
        return cls(vocabulary, scale)

    def distances(self, some: Sequence[Measured], others: Sequence[Measured]) -> np.ndarray:
        """Distance [n, m] of each of `some` to each of `others`; attributes that only one of two shows are left out."""
        total, count = np.zeros((len(some), len(others))), np.zeros((len(some), len(others)))
        for name, scale in self.scale.items():
            a, b = (encoded(self.vocabulary[name], group) for group in (some, others))
            gap = ((a[:, None] - b[None]) ** 2).sum(-1) / scale
            shown = ~np.isnan(gap)
            total += np.where(shown, gap, 0.0)
            count += shown
        return np.sqrt(total / np.maximum(count, 1.0))

    def worth(self, cast: Sequence[Measured]) -> float:
        """How many wholly different characters a cast is worth (the Vendi score): 1 for copies, n for n strangers."""
        return vendi_of_kernel(np.exp(-((self.distances(cast, cast) / WIDTH) ** 2)))


def encoded(attribute: Attribute, measured: Sequence[Measured]) -> np.ndarray:
    """Values of one attribute as columns [n, k], NaN where it cannot be seen on that character."""
    values = []
    for values_of_one in measured:
        value = values_of_one.get(attribute.name, np.nan)
        if attribute.shown_with and float(values_of_one.get(attribute.shown_with, 0.0)) < 0.5:
            value = np.nan
        if isinstance(value, str):
            value = attribute.classes.index(value) if value in attribute.classes else np.nan
        values.append(float(value))
    columns: np.ndarray = stated(attribute, np.array(values, dtype=np.float64))
    return columns


def sound(measured: Measured, vocabulary: Vocabulary) -> dict[str, Value]:
    """What of measured values a vocabulary can mean: a file may have been edited, or be of another model."""
    return {name: value for name, value in measured.items() if name in vocabulary and _is_of(vocabulary[name], value)}


def _is_of(attribute: Attribute, value: Value) -> bool:
    return value in attribute.classes if attribute.classes else not isinstance(value, str)


def most_alike(distances: np.ndarray) -> list[tuple[int, int, float]]:
    """Pairs of a cast's distances [n, n] from the most alike to the least: (i, j, distance), i < j."""
    rows, columns = np.triu_indices(len(distances), 1)
    order = np.argsort(distances[rows, columns], kind="stable")
    return [(int(rows[k]), int(columns[k]), float(distances[rows[k], columns[k]])) for k in order]


def spread_out(distances: np.ndarray, count: int, gaps: np.ndarray | None = None) -> list[int]:
    """Farthest-point choice of `count` of n from distances [n, n] (Gonzalez 1985).

    `gaps` [n] is how far each is from what must be avoided; without it the first is taken as given.
    """
    if not len(distances):
        return []
    chosen = [] if gaps is not None else [0]
    nearest = distances[0].copy() if gaps is None else gaps.astype(float).copy()
    while len(chosen) < min(count, len(distances)):
        nearest[chosen] = -np.inf
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, distances[chosen[-1]])
    return chosen
