import numpy as np
import pytest

from anime_gen.evaluation.statistics import bootstrap_interval, finite, known_mean, rank_correlation


def test_statistics_without_meaning_are_none():
    assert finite(float("nan")) is None
    assert finite(np.float64(2.0)) == 2.0
    assert rank_correlation(np.ones(5), np.arange(5)) is None
    assert rank_correlation(np.arange(5), np.arange(5) ** 3) == pytest.approx(1.0)
    assert bootstrap_interval(np.ones((1, 2)), lambda r: float(r.mean()), 20) is None
    assert bootstrap_interval(np.ones((5, 2)), lambda r: None, 20) is None


def test_the_interval_covers_the_mean():
    rows = np.random.default_rng(0).normal(3.0, 1.0, (200, 1))
    low, high = bootstrap_interval(rows, lambda r: float(r.mean()), 300)
    assert low < rows.mean() < high
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(200), rel=0.3)


def test_the_mean_of_what_is_known():
    assert known_mean([1.0, None, 3.0]) == 2.0
    assert known_mean([None]) is None


def test_the_fewest_rows_that_say_something():
    assert rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 9.0])) == pytest.approx(1.0)
    assert rank_correlation(np.array([1.0, 2.0]), np.array([1.0, 4.0])) is None
    assert bootstrap_interval(np.array([1.0, 3.0]), lambda rows: float(rows.mean()), 200) == [1.0, 3.0]
    assert bootstrap_interval(np.array([1.0]), lambda rows: float(rows.mean()), 200) is None
