import numpy as np
import pytest

from anime_gen.evaluation.pictures.strips import Strip, draw_grid, draw_strips


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
