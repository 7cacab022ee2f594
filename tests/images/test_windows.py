"""Where a face may be in a picture from outside."""

from dataclasses import replace

import numpy as np
import pytest

from anime_gen.images.config import FacesConfig
from anime_gen.images.framing import frame
from anime_gen.images.windows import Window, windows

CONFIG = replace(FacesConfig(), resolution_px=64)


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(64, 64), (200, 200), (91, 61), (100, 332)])
def test_the_first_window_is_the_middle_square_as_ingest_takes_it(size: tuple[int, int]):
    first = windows(*size)[0].cut(picture(*size), 64).astype(int)
    assert np.abs(first - frame(picture(*size), CONFIG)).mean() < 3.0  # a rim seen by the resizing is another there


def test_a_tall_picture_is_also_looked_at_at_its_top_and_a_wide_one_at_both_ends():
    whole = [(w.left, w.top) for w in windows(300, 100) if w.side == 100]
    assert whole == [(0, 100), (0, 0)]
    whole = [(w.left, w.top) for w in windows(100, 300) if w.side == 100]
    assert whole == [(100, 0), (0, 0), (200, 0)]
    assert len(windows(100, 100)) == len(windows(100, 110))


def test_beyond_the_picture_its_rim_goes_on():
    whole = picture(64, 64)
    cut = Window(-32, -64, 128).cut(whole, 128)
    assert (cut[64:, 32:96] == whole).all()
    assert (cut[:64, 32:96] == whole[:1]).all()
    assert (cut[64:, :32] == whole[:, :1]).all()


@pytest.mark.parametrize("size", [(32, 32), (32, 256), (256, 33), (1000, 700)])
def test_every_window_gives_a_square_of_the_size_asked_for(size: tuple[int, int]):
    for window in windows(*size):
        assert window.cut(picture(*size), 64).shape == (64, 64, 3)
