import struct

import numpy as np
import pytest

from anime_gen.studio.export.palette import colour_name, palette_of, swatch_picture, to_ase, to_gpl

PIXELS = np.zeros((20, 20, 3), dtype=np.uint8)
PIXELS[:, :12] = (200, 30, 40)
PIXELS[:, 12:] = (30, 60, 200)


def test_the_main_colours_come_first_with_names():
    red, blue, *rest = palette_of(PIXELS)
    assert (red.hex, red.name, red.share) == ("#c81e28", "red", pytest.approx(0.6))
    assert (blue.hex, blue.name) == ("#1e3cc8", "blue")
    assert not rest


def test_two_shades_of_one_word_are_told_apart():
    pixels = np.repeat(np.array([[[200, 30, 40], [170, 25, 30]]], dtype=np.uint8), 10, 0).repeat(5, 1)
    assert {swatch.name for swatch in palette_of(pixels)} == {"red", "red 2"}


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((5, 5, 5), "black"),
        ((255, 255, 255), "white"),
        ((128, 128, 128), "grey"),
        ((250, 200, 220), "light pink"),
        ((110, 60, 20), "brown"),
        ((20, 20, 90), "dark blue"),
    ],
)
def test_colours_are_called_what_one_would_call_them(rgb: tuple[int, int, int], name: str):
    assert colour_name(rgb) == name


def test_a_gimp_palette_reads_as_one():
    lines = to_gpl(palette_of(PIXELS), "Aoi\nName: x").decode().splitlines()
    assert lines[:4] == ["GIMP Palette", "Name: Aoi Name: x", "Columns: 5", "#"]
    assert lines[4] == "200  30  40\tred #c81e28"


def test_an_adobe_swatch_file_holds_each_colour_by_name():
    data = to_ase(palette_of(PIXELS))
    magic, major, minor, count = struct.unpack_from(">4sHHI", data)
    assert (magic, major, minor, count) == (b"ASEF", 1, 0, 2)
    place, found = 12, []
    for _ in range(count):
        kind, size, letters = struct.unpack_from(">HIH", data, place)
        name = data[place + 8 : place + 8 + 2 * letters].decode("utf-16-be").rstrip("\0")
        model, *colour, usage = struct.unpack_from(">4s3fH", data, place + 8 + 2 * letters)
        assert (kind, model, usage) == (1, b"RGB ", 2)
        found.append((name, [round(255 * part) for part in colour]))
        place += 6 + size
    assert place == len(data)
    assert found == [("red #c81e28", [200, 30, 40]), ("blue #1e3cc8", [30, 60, 200])]


def test_swatches_can_be_picked_from_a_picture():
    picture = swatch_picture(palette_of(PIXELS))
    assert picture.size == (128, 64)
    assert [picture.getpixel((x, 30)) for x in (30, 90)] == [(200, 30, 40), (30, 60, 200)]
