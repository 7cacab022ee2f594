"""Fréchet distance of two feature sets, each summarised by a Gaussian (Heusel et al., 2017).

Biased upwards for few pictures, by an amount that depends on their number: compare only at equal counts and beside the
noise floor. In features of our own it is no "FID" of the literature.
"""

import numpy as np


def gaussian_distance(
    mean: np.ndarray, covariance: np.ndarray, other_mean: np.ndarray, other_covariance: np.ndarray
) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2) for means [d] and covariances [d, d].

    The symmetric form needs no complex square root; eigenvalues a hair below 0 are rounding and count as 0.
    """
    root = _square_root(covariance)
    cross = np.linalg.eigvalsh(root @ other_covariance @ root)
    trace = np.trace(covariance) + np.trace(other_covariance) - 2.0 * np.sqrt(np.clip(cross, 0.0, None)).sum()
    return float(max(0.0, ((mean - other_mean) ** 2).sum() + trace))


def frechet_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Distance of the Gaussians fitted to features [n, d] and [m, d]; needs at least 2 rows each."""
    if len(first) < 2 or len(second) < 2:
        raise ValueError(f"Fréchet distance needs at least 2 pictures on each side, got {len(first)} and {len(second)}")
    first, second = first.astype(np.float64), second.astype(np.float64)
    return gaussian_distance(first.mean(0), np.cov(first, rowvar=False), second.mean(0), np.cov(second, rowvar=False))


def _square_root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T
