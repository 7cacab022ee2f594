"""Small statistics that reports need, with `None` (null in JSON) wherever a number would not mean anything."""

import math
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from scipy import stats


def finite(value: float | np.floating[Any] | None) -> float | None:
    """The value as a plain float; None for NaN and infinity, which JSON does not have."""
    if value is None or not math.isfinite(float(value)):
        return None
    return float(value)


def known_mean(values: Iterable[float | None]) -> float | None:
    """Mean of the values that are not None; None if there is none."""
    known = [value for value in values if value is not None]
    return finite(np.mean(known)) if known else None


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float | None:
    """Spearman's rank correlation; None for fewer than 3 pairs or a constant side."""
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return finite(stats.spearmanr(first, second).statistic)


def bootstrap_interval(
    rows: np.ndarray, statistic: Callable[[np.ndarray], float | None], count: int, seed: int = 0
) -> list[float] | None:
    """95 % percentile interval of a statistic of rows [n, ...] drawn with replacement; None if undefined."""
    if len(rows) < 2:
        return None
    rng = np.random.default_rng(seed)
    drawn = [statistic(rows[rng.integers(0, len(rows), len(rows))]) for _ in range(count)]
    values = [value for value in drawn if value is not None and math.isfinite(value)]
    if len(values) < count / 2:
        return None
    low, high = np.percentile(values, [2.5, 97.5])
    return [float(low), float(high)]
