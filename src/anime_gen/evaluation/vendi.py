"""Vendi score: the effective number of different items in a set (Friedman and Dieng, 2023).

The exponential of the entropy of the eigenvalues of K / n, for a similarity K with ones on its diagonal. n copies of
one item give 1, n wholly different items give n. It grows with n: compare sets of equal size only.
"""

import numpy as np

SMALLEST = 1e-12
"""Eigenvalues below this are rounding: they add nothing to the entropy."""


def vendi_of_kernel(kernel: np.ndarray) -> float:
    """Score of a positive semi-definite similarity matrix [n, n] with unit diagonal."""
    return _effective_number(np.linalg.eigvalsh(kernel / len(kernel)))


def vendi(features: np.ndarray) -> float:
    """Score of features [n, d] under cosine similarity.

    With more items than dimensions the d x d dual form has the same eigenvalues and is cheaper. A row of zeros is
    like no other item and counts as a direction of its own only once.
    """
    n, d = features.shape
    if n == 0:
        raise ValueError("the Vendi score of an empty set is not defined: give at least one picture")
    unit = features.astype(np.float64)
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    gram = unit.T @ unit if n > d else unit @ unit.T
    return _effective_number(np.linalg.eigvalsh(gram / n))


def _effective_number(eigenvalues: np.ndarray) -> float:
    kept = eigenvalues[eigenvalues > SMALLEST]
    return float(np.exp(-(kept * np.log(kept)).sum()))
