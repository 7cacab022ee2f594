"""Density (fidelity) and coverage (diversity) of generated features against real ones.

Naeem et al., *Reliable Fidelity and Diversity Metrics for Generative Models*, 2020, equations 5 and 6. Unlike
precision and recall, both are right for two samples of one distribution: density is 1 on average, coverage is
`expected_coverage` in any dimension.
"""

from dataclasses import dataclass

import numpy as np

BLOCK = 2048
"""Rows of a distance matrix made at a time: memory stays at BLOCK x n."""


@dataclass(frozen=True)
class DensityCoverage:
    """density >= 0, about 1 when the samples lie where the data is dense; coverage in 0..1."""

    density: float
    coverage: float


def density_coverage(real: np.ndarray, generated: np.ndarray, k: int = 5) -> DensityCoverage:
    """Both figures for features real [n, d] and generated [m, d]; k is the neighbourhood, 5 in the paper.

    Raises ValueError if there are not more than k real pictures.
    """
    if len(real) <= k:
        raise ValueError(f"density and coverage with k={k} need at least {k + 1} real pictures, got {len(real)}")
    radius = _neighbour_distance(real, k)
    inside = 0
    nearest = np.full(len(real), np.inf)
    for start in range(0, len(generated), BLOCK):
        distance = squared_distances(real, generated[start : start + BLOCK])
        inside += int((distance < radius[:, None]).sum())
        nearest = np.minimum(nearest, distance.min(1))
    return DensityCoverage(inside / (k * len(generated)), float((nearest < radius).mean()))


def expected_coverage(real: int, generated: int, k: int = 5) -> float:
    """Coverage expected of two samples of one distribution (lemma 2 of the paper), whatever its dimension."""
    missed = 1.0
    for i in range(1, k + 1):
        missed *= (real - i) / (generated + real - i)
    return 1.0 - missed


def squared_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Squared Euclidean distances of rows: [n, d], [m, d] -> [n, m], never below 0."""
    squares = (first**2).sum(1)[:, None] + (second**2).sum(1)[None, :]
    return np.clip(squares - 2.0 * (first @ second.T), 0.0, None)


def _neighbour_distance(points: np.ndarray, k: int) -> np.ndarray:
    """Squared distance of each point to its k-th nearest other point: [n]."""
    radius = np.empty(len(points))
    for start in range(0, len(points), BLOCK):
        distance = squared_distances(points[start : start + BLOCK], points)
        radius[start : start + BLOCK] = np.partition(distance, k, axis=1)[:, k]  # position 0 is the point itself
    return radius
