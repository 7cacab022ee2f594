import numpy as np
import pytest

from anime_gen.evaluation.measurer import drawn_vocabulary
from anime_gen.evaluation.statistics import bootstrap_interval, finite, rank_correlation
from anime_gen.evaluation.strips import Strip, draw_grid, draw_strips
from anime_gen.evaluation.traits import circular_wasserstein, trait_distance

VOCABULARY = drawn_vocabulary()


def test_wasserstein_distance_of_shifted_values_is_the_shift():
    values = np.linspace(-0.5, 0.3, 200)
    assert trait_distance(VOCABULARY["smile"], values, values + 0.2) == pytest.approx(0.1, abs=1e-6)  # range is 2


def test_distance_of_classes_and_presence():
    expression, glasses = VOCABULARY["expression"], VOCABULARY["glasses"]
    happy, mixed = np.array(["happy"] * 4, dtype=object), np.array(["happy", "sad", "sad", "happy"], dtype=object)
    assert trait_distance(expression, happy, mixed) == pytest.approx(0.5)
    assert trait_distance(glasses, np.array([0.9, 0.1]), np.array([0.2, 0.1])) == pytest.approx(0.5)


def test_angles_are_compared_on_the_circle():
    angles = np.linspace(0, 60, 50)
    assert circular_wasserstein(angles, (angles + 20) % 360) == pytest.approx(20, abs=1.5)
    assert circular_wasserstein((angles - 30) % 360, (angles - 40) % 360) == pytest.approx(10, abs=1.5)
    assert circular_wasserstein(np.array([359.5]), np.array([0.5])) == pytest.approx(1, abs=0.1)
    assert circular_wasserstein(np.array([0.5]), np.array([180.5])) == pytest.approx(180, abs=1)


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


def test_strips_show_the_pictures_in_order():
    colours = np.array([[255, 0, 0], [0, 255, 0]], dtype=np.uint8)
    pictures = colours[:, None, None].repeat(8, 1).repeat(8, 2)
    sheet = draw_strips([Strip("Smile", pictures, ["0", "1"]), Strip("Hat", pictures[:1], ["0"])], picture_px=32)
    assert tuple(sheet[20, 130 + 16]) == (255, 0, 0)
    assert tuple(sheet[20, 130 + 38 + 16]) == (0, 255, 0)
    assert (sheet[:, :120].min(axis=(0, 1)) < 100).all()  # the titles
    grid = draw_grid(pictures, 2, picture_px=10)
    assert grid.shape == (10, 20, 3)
    with pytest.raises(ValueError, match="1 captions for 2"):
        draw_strips([Strip("x", pictures, ["0"])])
    with pytest.raises(ValueError, match="at least one"):
        draw_strips([])
