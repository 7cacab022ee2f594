"""The test of the test: every kind of copier is caught, the drawing program with new seeds is not."""

import colorsys
import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from anime_gen.drawing import render_many, sample_characters
from anime_gen.evaluation.distances.memorisation import copying_statistic, judge_memorisation
from anime_gen.images import ArrayFaces

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


def cropped(pictures: np.ndarray, share: float = 1 / 16) -> np.ndarray:
    """Without that share on each side, at the old size."""
    side = pictures.shape[1]
    box = (share * side, share * side, side - share * side, side - share * side)
    return np.stack(
        [np.asarray(Image.fromarray(p).resize((side, side), Image.Resampling.BILINEAR, box)) for p in pictures]
    )


def shifted(pictures: np.ndarray) -> np.ndarray:
    """By a pixel any way, the border repeated."""
    padded = np.pad(pictures, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    places = np.random.default_rng(0).integers(0, 3, (len(pictures), 2))
    return np.stack([p[y : y + SIDE, x : x + SIDE] for p, (y, x) in zip(padded, places, strict=True)])


def blurred(pictures: np.ndarray) -> np.ndarray:
    return np.stack([np.asarray(Image.fromarray(p).filter(ImageFilter.GaussianBlur(1.0))) for p in pictures])


def packed(pictures: np.ndarray) -> np.ndarray:
    """As JPEGs of a poor quality."""
    streams = [io.BytesIO() for _ in pictures]
    for stream, picture in zip(streams, pictures, strict=True):
        Image.fromarray(picture).save(stream, "JPEG", quality=30)
    return np.stack([np.asarray(Image.open(stream)) for stream in streams])


COPIERS = {
    "plain": lambda p: p,
    "mirrored": lambda p: p[:, :, ::-1],
    "recoloured": recoloured,
    "cropped": cropped,
    "cropped by a tenth": lambda p: cropped(p, 0.1),
    "blurred": blurred,
    "shifted": shifted,
    "packed": packed,
    "mirrored, recoloured and cropped": lambda p: cropped(recoloured(p[:, :, ::-1])),
    "blurred, shifted, recoloured and packed": lambda p: packed(recoloured(shifted(blurred(p)))),
    "noisy": lambda p: np.clip(p + np.random.default_rng(0).normal(0, 6, p.shape), 0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("kind", COPIERS)
def test_copiers_are_caught(sets, kind):
    train, held_out, _ = sets
    verdict = judge_memorisation(ArrayFaces(train), held_out, COPIERS[kind](train[:80]))
    assert verdict.copying
    assert verdict.c_t < -5
    assert verdict.copies_flagged >= (
        76 if "," not in kind else 48
    )  # 95 %; all at once, and among 160 faces only: 60 %
    assert (verdict.nearest == np.arange(80)).mean() >= 0.95


def test_all_training_faces_are_searched_a_block_at_a_time(sets, monkeypatch):
    train, held_out, _ = sets
    monkeypatch.setattr("anime_gen.evaluation.distances.memorisation.BLOCK", 50)
    last = judge_memorisation(ArrayFaces(train), held_out, train[-30:])
    np.testing.assert_array_equal(last.nearest, np.arange(130, 160))


def test_the_oracle_is_not_accused(sets):
    train, held_out, fresh = sets
    verdict = judge_memorisation(ArrayFaces(train), held_out, fresh)
    assert not verdict.copying
    assert verdict.copies_flagged <= 5


def test_a_few_copies_among_new_pictures_are_caught(sets):
    train, held_out, fresh = sets
    verdict = judge_memorisation(ArrayFaces(train), held_out, np.concatenate([fresh[:60], train[:20]]))
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
        judge_memorisation(ArrayFaces(train), held_out[:5], fresh)
