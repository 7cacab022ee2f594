"""Kernel distance (KID): the unbiased squared maximum mean discrepancy with a cubic polynomial kernel.

Bińkowski et al., *Demystifying MMD GANs*, 2018, section 4. Unbiased means: 0 on average for two samples of one
distribution, however few the pictures (so single values below 0 are ordinary). That is why it, and not the Fréchet
distance, is the main figure for our small sets. Computed over all pictures at once rather than over random subsets:
the same estimate with less noise.
"""

from dataclasses import dataclass

import numpy as np

BLOCK = 1000
"""Rows of the kernel in memory at once."""


@dataclass(frozen=True)
class KernelDistance:
    """The squared discrepancy, and its standard error as a statistic of the faces at hand."""

    value: float
    standard_error: float


def polynomial_kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """k(x, y) = (x·y / d + 1)^3 for features [n, d] and [m, d]: [n, m]."""
    return (first @ second.T / first.shape[1] + 1.0) ** 3


def kernel_distance(first: np.ndarray, second: np.ndarray) -> KernelDistance:
    """KID of features [n, d] and [m, d]; of the larger set only as many are used as the smaller one has, at least 4.

    The estimate is a U-statistic of the pairs z = (x, y) with
    h(z, z') = k(x, x') + k(y, y') - k(x, y') - k(x', y). Its variance,
    4 (n - 2) / (n (n - 1)) zeta_1 + 2 / (n (n - 1)) zeta_2, is estimated from the same h (Sutherland et al.,
    *Generative Models and Model Criticism via Optimized MMD*, 2017, appendix A). For two samples of one distribution
    zeta_1 is 0 and only the second term is left; a jackknife takes no notice and claims about twice the error.
    """
    n = min(len(first), len(second))
    if n < 4:
        raise ValueError(f"kernel distance needs at least 4 pictures on each side, got {len(first)} and {len(second)}")
    x, y = first[:n].astype(np.float64), second[:n].astype(np.float64)
    rows, squares = np.zeros(n), 0.0  # sums of h and of h^2 over the other pairs
    for start in range(0, n, BLOCK):
        part = slice(start, min(start + BLOCK, n))
        h = polynomial_kernel(x[part], x) + polynomial_kernel(y[part], y)
        h -= polynomial_kernel(x[part], y) + polynomial_kernel(y[part], x)
        h[np.arange(part.stop - part.start), np.arange(part.start, part.stop)] = 0.0
        rows[part] = h.sum(axis=1)
        squares += float((h**2).sum())
    return KernelDistance(float(rows.sum()) / (n * (n - 1)), float(np.sqrt(_variance(rows, squares))))


def _variance(rows: np.ndarray, squares: float) -> float:
    """Variance of the U-statistic from the sums of h over each row [n] and of h^2 over all ordered pairs.

    The three expectations are averages over ordered pairs, triples and quadruples of different indices.
    """
    n, total, crossed = len(rows), float(rows.sum()), float((rows**2).sum())
    pairs, triples = n * (n - 1), n * (n - 1) * (n - 2)
    mean_square = (total**2 - 4.0 * crossed + 2.0 * squares) / (triples * (n - 3))
    zeta_1 = max(0.0, (crossed - squares) / triples - mean_square)
    zeta_2 = max(0.0, squares / pairs - mean_square)
    return (4.0 * (n - 2) * zeta_1 + 2.0 * zeta_2) / pairs
