"""Kernel distance (KID): the unbiased squared maximum mean discrepancy with a cubic polynomial kernel.

Bińkowski et al., *Demystifying MMD GANs*, 2018, section 4. Unbiased means: 0 on average for two samples of one
distribution, however few the pictures (so single values below 0 are ordinary). That is why it, and not the Fréchet
distance, is the main figure for our small sets.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class KernelDistance:
    """Mean over random subsets, and its standard error as a statistic of the faces at hand (delete-d jackknife)."""

    value: float
    standard_error: float


def polynomial_kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """k(x, y) = (x·y / d + 1)^3 for features [n, d] and [m, d]: [n, m]."""
    return (first @ second.T / first.shape[1] + 1.0) ** 3


def squared_mmd(first: np.ndarray, second: np.ndarray) -> float:
    """Unbiased estimate of the squared discrepancy of two feature sets [n, d], [m, d]; needs n, m >= 2.

    The diagonal of the two within-set kernels is left out; that is what makes the estimate unbiased.
    """
    n, m = len(first), len(second)
    if n < 2 or m < 2:
        raise ValueError(f"kernel distance needs at least 2 pictures on each side, got {n} and {m}")
    first, second = first.astype(np.float64), second.astype(np.float64)
    within_first = polynomial_kernel(first, first)
    within_second = polynomial_kernel(second, second)
    between = polynomial_kernel(first, second)
    return float(
        (within_first.sum() - np.trace(within_first)) / (n * (n - 1))
        + (within_second.sum() - np.trace(within_second)) / (m * (m - 1))
        - 2.0 * between.mean()
    )


def kernel_distance(
    first: np.ndarray, second: np.ndarray, *, subsets: int = 20, subset_size: int = 500, seed: int = 0
) -> KernelDistance:
    """KID over `subsets` random subsets of at most `subset_size` pictures from each side, as the paper computes it.

    A subset never holds more than half of the smaller side, so that subsets differ and their spread means something.
    """
    n = min(len(first), len(second))
    if n < 2:
        raise ValueError(f"kernel distance needs at least 2 pictures on each side, got {len(first)} and {len(second)}")
    size = max(2, min(subset_size, n // 2))
    rng = np.random.default_rng(seed)
    values = [
        squared_mmd(
            first[rng.choice(len(first), size, replace=False)], second[rng.choice(len(second), size, replace=False)]
        )
        for _ in range(subsets)
    ]
    return KernelDistance(float(np.mean(values)), float(np.std(values) * np.sqrt(size / max(1, n - size))))
