"""The test of the test: every kind of copier is caught, the drawing program with new seeds is not."""

import colorsys

import numpy as np
import pytest
from PIL import Image

from anime_gen.drawing import render_many, sample_characters
from anime_gen.evaluation.originality import copying_statistic, judge_originality

SIDE = 32


def drawn(count: int, start: int) -> np.ndarray:
    return np.stack(list(render_many(sample_characters(count, 5, start=start), SIDE, workers=1)))


@pytest.fixture(scope="module")
def sets() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Training, held-out and fresh pictures of one program."""
    return drawn(160, 0), drawn(80, 1000), drawn(80, 2000)


def recoloured(pictures: np.ndarray) -> np.ndarray:
    """All hues turned by 120 degrees."""
    red, green, blue = np.moveaxis(pictures, -1, 0)
    assert colorsys.rgb_to_hsv(0.2, 0.4, 0.6)[0] != colorsys.rgb_to_hsv(0.6, 0.2, 0.4)[0]
    return np.stack([blue, red, green], -1)


def cropped(pictures: np.ndarray, border: int = 2) -> np.ndarray:
    side = pictures.shape[1]
    cut = pictures[:, border : side - border, border : side - border]
    return np.stack([np.asarray(Image.fromarray(p).resize((side, side), Image.Resampling.BILINEAR)) for p in cut])


COPIERS = {
    "plain": lambda p: p,
    "flipped": lambda p: p[:, :, ::-1],
    "recoloured": recoloured,
    "cropped": cropped,
    "flipped, recoloured and cropped": lambda p: cropped(recoloured(p[:, :, ::-1])),
    "noisy": lambda p: np.clip(p + np.random.default_rng(0).normal(0, 6, p.shape), 0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("kind", COPIERS)
def test_copiers_are_caught(sets, kind):
    train, held_out, _ = sets
    verdict = judge_originality(train, held_out, COPIERS[kind](train[:80]))
    assert verdict.copying
    assert verdict.c_t < -5
    assert verdict.copies_flagged > 40
    assert (verdict.nearest == np.arange(80)).mean() > 0.9


def test_the_oracle_is_not_accused(sets):
    train, held_out, fresh = sets
    verdict = judge_originality(train, held_out, fresh)
    assert not verdict.copying
    assert verdict.copies_flagged <= 5


def test_a_few_copies_among_new_pictures_are_caught(sets):
    train, held_out, fresh = sets
    verdict = judge_originality(train, held_out, np.concatenate([fresh[:60], train[:20]]))
    assert verdict.copying
    assert verdict.copies_flagged >= 18


def test_the_statistic_is_symmetric_and_standard():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=200), rng.normal(size=300)
    assert copying_statistic(a, b) == pytest.approx(-copying_statistic(b, a))
    assert copying_statistic(a, a - 10) < -15
    values = [copying_statistic(rng.normal(size=40), rng.normal(size=30)) for _ in range(400)]
    assert np.std(values) == pytest.approx(1.0, abs=0.12)


def test_too_few_pictures_is_said(sets):
    train, held_out, fresh = sets
    with pytest.raises(ValueError, match="at least 20"):
        judge_originality(train, held_out[:5], fresh)
