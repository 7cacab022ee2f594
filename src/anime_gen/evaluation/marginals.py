"""Do generated faces show what the data shows, as variously and as often? One attribute at a time, by the measurer.

Kernel distance and coverage do not see an attribute whose range has shrunk; these figures do. `spread` is the one to
watch: 1 is wanted, 0.4 on *smile* means that smiles and frowns are mostly gone.
"""

from collections.abc import Mapping

import numpy as np

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.drawing import ATTRIBUTES
from anime_gen.drawing.attributes import STORED
from anime_gen.drawing.classes import not_applicable

Values = dict[str, np.ndarray]
"""Attribute -> what the measurer reads in each picture [n]: units, probability, class name or degrees."""
FEWEST = 20
"""Faces that must show an attribute before its spread means something."""


def visible(values: Values) -> dict[str, np.ndarray]:
    """Attribute -> on which pictures it can be seen at all, bool [n]: no size of glasses without glasses.

    By the drawing program's own rule, applied to what was read.
    """
    count = len(next(iter(values.values())))
    shown = {name: np.ones(count, dtype=bool) for name in values}
    if not all(name in values for name in STORED):  # a vocabulary other than the drawn one: nothing is known to hide
        return shown
    for row in range(count):
        for name in not_applicable({name: _stored(name, values[name][row]) for name in STORED}):
            shown[name][row] = False
    return shown


def _stored(name: str, value: float | str) -> float | str:
    """A reading as the drawing program stores it."""
    if isinstance(value, str):
        return value
    return float(round(float(value))) if ATTRIBUTES[name].kind == "binary" else float(value)


def seen(values: Values) -> Values:
    """The readings of each attribute on the pictures that show it; lengths differ from attribute to attribute."""
    shown = visible(values)
    return {name: read[shown[name]] for name, read in values.items()}


def spreads(vocabulary: Vocabulary, data: Values, generated: Values) -> dict[str, float | None]:
    """Continuous or cyclic attribute -> standard deviation of `generated` as a share of that of `data`.

    Both as from `seen`. None where either side shows it on fewer than 20 faces, or the data never varies.
    """
    result: dict[str, float | None] = {}
    for name, attribute in vocabulary.items():
        if attribute.kind in ("continuous", "cyclic"):
            enough = min(len(data[name]), len(generated[name])) >= FEWEST
            usual = deviation(attribute, data[name]) if enough else 0.0
            result[name] = deviation(attribute, generated[name]) / usual if usual > 0.0 else None
    return result


def deviation(attribute: Attribute, values: np.ndarray) -> float:
    """Standard deviation of an attribute's values [n], in its units; for hues sqrt(2 (1 - R)) of directions.

    R is the length of the mean direction (Batschelet, *Circular Statistics in Biology*, 1981, section 2.3): it stays
    finite for a uniform hue, where the logarithmic definition does not.
    """
    if attribute.kind != "cyclic":
        return float(values.std())
    length = min(1.0, float(abs(np.exp(1j * np.radians(values)).mean())))  # rounding may lift it over 1
    return float(np.sqrt(2.0 * (1.0 - length)))


def mean_spread(spread: Mapping[str, float | None]) -> float | None:
    """Mean over attributes, each counted up to 1: too much of one does not make up for too little of another."""
    known = [min(value, 1.0) for value in spread.values() if value is not None]
    return float(np.mean(known)) if known else None


def mean_spread_error(
    vocabulary: Vocabulary, data: Values, generated: Values, count: int = 100, seed: int = 0
) -> float:
    """Standard error of `mean_spread`: its deviation over `count` bootstrap draws of the faces of both sides."""
    rng = np.random.default_rng(seed)

    def redrawn(values: Values) -> Values:
        return {
            name: read[rng.integers(0, len(read), len(read))] if len(read) else read for name, read in values.items()
        }

    drawn = [mean_spread(spreads(vocabulary, redrawn(data), redrawn(generated))) for _ in range(count)]
    means = [value for value in drawn if value is not None]
    return float(np.std(means, ddof=1)) if len(means) > 1 else 0.0


def class_distances(vocabulary: Vocabulary, data: Values, generated: Values) -> dict[str, float | None]:
    """Binary or categorical attribute -> total variation of its classes' frequencies: the share of faces to change."""
    return {
        name: distance(attribute, data[name], generated[name])
        for name, attribute in vocabulary.items()
        if attribute.kind in ("binary", "categorical")
    }


def marginal_distances(
    vocabulary: Vocabulary, data: Values, generated: Values, other_data: Values
) -> dict[str, dict[str, float | None]]:
    """Attribute -> distance of the generated faces, and of other real faces (the noise floor), from the data.

    A 0.1 on hair length means that lengths must be shifted by 10 % of the range on average to become the data's. None
    where fewer than 20 faces of a side show the attribute.
    """
    return {
        name: {
            "distance": distance(attribute, data[name], generated[name]),
            "noise_floor": distance(attribute, data[name], other_data[name]),
        }
        for name, attribute in vocabulary.items()
    }


def distance(attribute: Attribute, first: np.ndarray, second: np.ndarray) -> float | None:
    """Distance of two samples of one attribute's values, in 0..1; None if either has fewer than 20.

    continuous and cyclic: 1-Wasserstein distance as a share of the range (of half a turn); binary and categorical:
    share of faces that would have to change class (total variation).
    """
    if min(len(first), len(second)) < FEWEST:
        return None
    if attribute.kind == "categorical":
        shares = [np.array([np.mean(side == part) for part in attribute.classes]) for side in (first, second)]
        return float(np.abs(shares[0] - shares[1]).sum() / 2)
    if attribute.kind == "binary":
        return float(abs(np.mean(first > 0.5) - np.mean(second > 0.5)))
    if attribute.kind == "cyclic":
        return circular_wasserstein(first, second) / 180.0
    levels = (np.arange(400) + 0.5) / 400
    gap = np.abs(np.quantile(first, levels) - np.quantile(second, levels)).mean()
    return float(gap) / attribute.span


def circular_wasserstein(first: np.ndarray, second: np.ndarray, bins: int = 360) -> float:
    """1-Wasserstein distance of two samples of angles in degrees, on the circle.

    The integral of |F - G - m| with m the median of F - G: the best point at which to cut the circle.
    """
    edges = np.linspace(0.0, 360.0, bins + 1)
    share = [np.histogram(side % 360.0, edges)[0] / len(side) for side in (first, second)]
    gap = np.cumsum(share[0] - share[1])
    return float(np.abs(gap - np.median(gap)).sum() * 360.0 / bins)
