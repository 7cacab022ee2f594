import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from anime_gen.studio.character.picture_file import SIGNATURE, export_png, recipe_of
from anime_gen.studio.character.recipe import Recipe, RecipeError

PIXELS = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
RECIPE = Recipe(seed=3, targets={"hair_color": "aqua"}, model_sha256="ab", measured={"smile": 0.25})


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def test_pixels_and_recipe_come_back_unchanged():
    png = export_png(PIXELS, RECIPE)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png))), PIXELS)
    assert recipe_of(png) == RECIPE


def test_a_large_picture_carries_the_same_recipe():
    png = export_png(PIXELS, RECIPE, side_px=64)
    assert Image.open(io.BytesIO(png)).size == (64, 64)
    assert recipe_of(png) == RECIPE


def test_other_words_than_english_survive():
    recipe = Recipe(seed=1, targets={"髪": "青"})
    assert recipe_of(export_png(PIXELS, recipe)) == recipe


def plain_png() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "not a PNG"),
        (b"GIF89a" + bytes(100), "not a PNG"),
        (plain_png(), "carries no recipe"),
        (export_png(PIXELS, RECIPE)[:60], "cut short"),
        (SIGNATURE, "cut short"),
        (SIGNATURE + b"\xff\xff\xff\xffiTXt" + bytes(20), "cut short"),
        (b"{}", "no anime_gen recipe"),
        (b'{"a": "\xff"}', "UTF-8"),
        (SIGNATURE + chunk(b"iTXt", b"anime_gen\0\0\0\0\0{}"), "no anime_gen recipe"),
    ],
)
def test_files_without_a_usable_recipe_are_refused_by_name(data: bytes, word: str):
    with pytest.raises(RecipeError, match=word):
        recipe_of(data)


@pytest.mark.parametrize("kind", ["text", "packed text", "packed international text"])
def test_a_recipe_that_another_program_kept_in_its_own_way_opens(kind: str):
    info = PngInfo()
    if kind == "packed international text":
        info.add_itxt("anime_gen", RECIPE.to_json(), zip=True)
    else:
        info.add_text("anime_gen", RECIPE.to_json(), zip=kind == "packed text")
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, "PNG", pnginfo=info)
    assert recipe_of(buffer.getvalue()) == RECIPE


def test_a_recipe_saved_as_json_opens():
    assert recipe_of(RECIPE.to_json().encode()) == RECIPE


def test_a_recipe_of_a_newer_version_says_so():
    newer = RECIPE.to_json().replace('"schema": 1', '"schema": 9')
    with pytest.raises(RecipeError, match="newer version of anime_gen"):
        recipe_of(newer.encode())


def test_a_damaged_recipe_is_noticed():
    png = bytearray(export_png(PIXELS, RECIPE))
    png[png.index(b"aqua")] ^= 1
    with pytest.raises(RecipeError, match="checksum"):
        recipe_of(bytes(png))


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_refused_with_a_recipe_error(data: bytes, with_signature: bool):
    with pytest.raises(RecipeError):
        recipe_of(SIGNATURE + data if with_signature else data)
