"""Vendi score of features under cosine similarity; what the score is: see `stylegan2.monitoring.vendi`."""

import numpy as np

from anime_gen.stylegan2.monitoring.vendi import effective_number


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
    return effective_number(np.linalg.eigvalsh(gram / n))
