"""Vendi score: the effective number of different items in a set (Friedman and Dieng, 2023).

The exponential of the entropy of the eigenvalues of K / n, for a similarity K with ones on its diagonal. n copies of
one item give 1, n wholly different items give n. It grows with n: compare sets of equal size only.
"""

import numpy as np

SMALLEST = 1e-12
"""Eigenvalues below this are rounding: they add nothing to the entropy."""


def vendi_of_kernel(kernel: np.ndarray) -> float:
    """Score of a positive semi-definite similarity matrix [n, n] with unit diagonal."""
    return effective_number(np.linalg.eigvalsh(kernel / len(kernel)))


def effective_number(eigenvalues: np.ndarray) -> float:
    """The exponential of the entropy of eigenvalues [k] that sum to one."""
    kept = eigenvalues[eigenvalues > SMALLEST]
    return float(np.exp(-(kept * np.log(kept)).sum()))
