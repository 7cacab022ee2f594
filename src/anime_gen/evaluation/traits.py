"""Do the samples have the traits the data has, as often as the data has them? Read by the measurer.

The distances of single traits are the figures a person can check: a 0.1 on hair length means that lengths must be
shifted by 10 % of the range on average to become the data's.
"""

import numpy as np

from anime_gen.attributes import Attribute
from anime_gen.evaluation.measurer import Measurer

Values = dict[str, np.ndarray]


def trait_distances(
    measurer: Measurer, data: Values, generated: Values, other_data: Values
) -> dict[str, dict[str, float]]:
    """Attribute -> distance of the generated faces, and of other real faces (the noise floor), from the data.

    continuous and cyclic: 1-Wasserstein distance as a share of the range (of half a turn); binary and categorical:
    share of faces that would have to change class (total variation).
    """
    return {
        name: {
            "distance": trait_distance(attribute, data[name], generated[name]),
            "noise_floor": trait_distance(attribute, data[name], other_data[name]),
        }
        for name, attribute in measurer.vocabulary.items()
    }


def trait_distance(attribute: Attribute, first: np.ndarray, second: np.ndarray) -> float:
    """Distance of two samples of one attribute's values, in 0..1."""
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
