"""Same character, same bytes: against pictures kept beside the tests, in any process, at any size."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from anime_gen.drawing import Character, masks, render, render_many, sample_characters
from anime_gen.drawing.attributes import ALL
from anime_gen.drawing.curves import ellipse
from anime_gen.drawing.raster import Clipped, Fill, picture
from anime_gen.drawing.sheets import contact_sheet, model_character
from tests.drawing.golden import GOLDEN, read_golden

GREY = np.full((2, 2, 3), 128, np.uint8)
SQUARE = np.array([(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)])


@pytest.mark.parametrize("name", ["default", "independent", "other_style"])
def test_bytes_are_those_of_the_golden_pictures(name: str) -> None:
    """A change of look is deliberate: `python -m tests.drawing.golden` writes the pictures anew."""
    for character, kept, size_px in read_golden(name):
        assert np.array_equal(render(character, size_px), kept), f"{name} at {size_px} px differs from {GOLDEN}"


def test_rendering_twice_gives_the_same_bytes() -> None:
    character = sample_characters(1, seed=5)[0]
    again = Character.from_json(character.to_json())
    assert render(character, 64).tobytes() == render(again, 64).tobytes()


def test_seed_changes_only_nuisance() -> None:
    model = model_character()
    other = Character(model.attributes, model.style, model.seed + 1)
    assert other.labels() == model.labels()
    assert (render(model, 64) != render(other, 64)).any()
    eyes = masks(model, 64)["eyes"] & ~masks(model, 64)["hair_front"] & ~masks(other, 64)["hair_front"]
    eyes &= ~masks(model, 64)["skin"] & ~masks(other, 64)["skin"] & ~masks(other, 64)["hair"]
    assert eyes.sum() > 50
    assert (render(model, 64)[eyes] == render(other, 64)[eyes]).all()


def test_sizes_show_the_same_face() -> None:
    large, small = (render(model_character(), size).astype(float) for size in (128, 64))
    halved = large.reshape(64, 2, 64, 2, 3).mean(axis=(1, 3))
    assert np.abs(halved - small).mean() < 4.0


@pytest.mark.parametrize("size_px", [16, 33, 96, 256])
def test_any_size_is_drawn(size_px: int) -> None:
    drawn = render(model_character(), size_px)
    assert drawn.shape == (size_px, size_px, 3)
    assert drawn.dtype == np.uint8


@pytest.mark.parametrize("size_px", [0, 15, 1025])
def test_a_size_out_of_range_is_refused(size_px: int) -> None:
    with pytest.raises(ValueError, match="size_px must be from 16 to 1024"):
        render(model_character(), size_px)


def test_masks_cover_the_picture() -> None:
    for character in sample_characters(3, seed=6):
        found = masks(character, 64)
        assert set(found) == set(ALL)
        assert np.logical_or.reduce(list(found.values())).all()


def test_many_faces_come_in_order_whatever_the_workers() -> None:
    characters = sample_characters(70, seed=8)
    alone = np.stack(list(render_many(characters, 16, workers=1)))
    shared = np.stack(list(render_many(characters, 16, workers=2)))
    assert np.array_equal(alone, shared)
    assert np.array_equal(alone[69], render(characters[69], 16))


def test_no_faces_are_no_pictures() -> None:
    assert list(render_many([], 64)) == []


def test_contact_sheet_keeps_order_and_fills_with_white() -> None:
    characters = sample_characters(3, seed=9)
    sheet = contact_sheet(characters, 32, columns=2)
    assert sheet.shape == (64, 64, 3)
    assert np.array_equal(sheet[:32, 32:], render(characters[1], 32))
    assert (sheet[32:, 32:] == 255).all()
    with pytest.raises(ValueError, match="at least one picture"):
        contact_sheet([], 32)


def test_a_square_covers_its_area() -> None:
    drawn = picture(GREY, [Fill("", SQUARE, (255, 0, 0))], 64)
    assert (drawn[..., 0] == 255).sum() == pytest.approx(32 * 32, abs=70)  # Pillow fills its border pixels as well
    assert (drawn[0, 0] == 128).all()


def test_opacity_mixes_and_gradients_run_down() -> None:
    half = picture(GREY, [Fill("", SQUARE, (255, 0, 0), opacity=0.5)], 64)
    assert half[32, 32].tolist() == pytest.approx([192, 64, 64], abs=2)
    ramp = picture(GREY, [Fill("", SQUARE, (0, 0, 0), bottom=(250, 250, 250))], 64)[18:46, 32, 0].astype(int)
    assert (np.diff(ramp) > 0).all()


def test_clipping_hides_what_is_outside() -> None:
    disc = ellipse((0.5, 0.5), 0.2, 0.2)
    drawn = picture(GREY, [Clipped(disc, [Fill("", SQUARE, (255, 0, 0))])], 64)
    assert drawn[32, 32].tolist() == [255, 0, 0]
    assert (drawn[18, 18] == 128).all()


def test_shapes_outside_the_picture_are_harmless() -> None:
    away = SQUARE + 5.0
    marks = [Fill("", away, (0, 0, 0), opacity=0.5), Clipped(away, [Fill("", away, (0, 0, 0))])]
    assert (picture(GREY, marks, 32) == 128).all()


def test_golden_pictures_are_kept_small() -> None:
    assert sum(path.stat().st_size for path in Path(GOLDEN).iterdir()) < 200_000
    assert all(Image.open(path).mode == "RGB" for path in Path(GOLDEN).glob("*.png"))
