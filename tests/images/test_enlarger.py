import numpy as np
import pytest
from PIL import Image

from anime_gen.drawing import render_many, sample_characters
from anime_gen.images.enlarger import enlarge
from anime_gen.images.enlarger_training import psnr, train
from anime_gen.images.faces import area_average

LARGE = np.stack(list(render_many(sample_characters(6, seed=99, split="independent"), 256, workers=0)))
SMALL = area_average(LARGE, 64)


@pytest.mark.parametrize("side", [128, 256])
def test_drawings_are_enlarged_more_truly_than_by_a_filter(side: int) -> None:
    truth = area_average(LARGE, side)
    ours = np.stack([enlarge(face, side) for face in SMALL])
    filtered = np.stack(
        [np.asarray(Image.fromarray(face).resize((side, side), Image.Resampling.LANCZOS)) for face in SMALL]
    )
    assert psnr(ours, truth) > psnr(filtered, truth) + 2.0


@pytest.mark.parametrize("side", [16, 64, 100, 512, 1024])
def test_any_side_is_made_and_always_the_same_bytes(side: int) -> None:
    once = enlarge(SMALL[0], side)
    assert once.shape == (side, side, 3)
    assert once.dtype == np.uint8
    assert np.array_equal(once, enlarge(SMALL[0].copy(), side))
    again = np.asarray(Image.fromarray(once).resize((64, 64), Image.Resampling.BOX)).astype(int)
    if side > 64:
        assert np.abs(again - SMALL[0]).mean() < 4  # the same picture, only larger


def test_a_side_out_of_range_is_named() -> None:
    with pytest.raises(ValueError, match="from 1 to 4096 pixels"):
        enlarge(SMALL[0], 0)


def test_a_few_steps_of_teaching_already_help() -> None:
    network = train(LARGE, 30)
    assert float(network.last.weight.detach().abs().max()) > 0
