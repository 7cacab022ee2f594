import numpy as np
import pytest

from anime_gen.evaluation.pictures.strips import Strip, draw_grid, draw_note, draw_strips, enlarge


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


def test_strips_stand_under_each_other_on_white_with_room_for_captions():
    picture = np.zeros((1, 8, 8, 3), np.uint8)
    sheet = draw_strips([Strip("", picture, [""]), Strip("", picture, [""])], picture_px=32)
    dark = np.flatnonzero((sheet == 0).all(2).any(1))
    assert dark.tolist() == [*range(6, 38), *range(62, 94)]
    assert sheet.shape[0] == 118
    assert (sheet[0] == 255).all()


def test_pixels_stay_sharp_when_they_grow_and_are_averaged_when_they_shrink():
    board = np.indices((4, 4)).sum(0)[..., None].repeat(3, 2).astype(np.uint8) % 2 * 200
    assert set(np.unique(enlarge(board, 8))) == {0, 200}
    assert set(np.unique(enlarge(board, 2))) == {100}


def test_a_note_is_dark_on_white_and_grows_with_its_lines():
    short, long = draw_note("few faces"), draw_note("few faces " * 20)
    assert short.shape == (30, 480, 3)
    assert long.shape[0] == 30 + 3 * 18
    assert short.min() < 100
    assert (short[:6] == 255).all()
    assert (short[:, :6] == 255).all()
