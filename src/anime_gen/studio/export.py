"""Pictures that carry their recipe: a PNG whose iTXt chunk is the save file."""

import io
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from anime_gen.studio.recipe import MAX_CHARACTERS, Recipe, RecipeError

KEYWORD = "anime_gen"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_BYTES = 64 * 1024 * 1024
MAX_CHUNKS = 10_000


def export_png(pixels: np.ndarray, recipe: Recipe, side_px: int | None = None) -> bytes:
    """A PNG of uint8 `[r, r, 3]` with the recipe inside; `side_px` enlarges it smoothly for a look outside the page."""
    image = Image.fromarray(pixels)
    if side_px is not None and side_px != image.width:
        image = image.resize((side_px, side_px), Image.Resampling.LANCZOS)
    info = PngInfo()
    info.add_itxt(KEYWORD, recipe.to_json())
    info.add_text("Software", "anime_gen")
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def recipe_of(png: bytes) -> Recipe:
    """The recipe inside a PNG. The picture is never decoded: a stranger's file costs only a walk over its chunks.

    Raises `RecipeError`: no PNG, a damaged one, one without a recipe, or a recipe that cannot be read.
    """
    if len(png) > MAX_BYTES:
        raise RecipeError(f"The file has {len(png)} bytes; at most {MAX_BYTES} are read.")
    if not png.startswith(SIGNATURE):
        raise RecipeError("This is not a PNG file. Only PNG pictures downloaded from this page carry a recipe.")
    for kind, data in _chunks(png):
        if kind == b"iTXt" and data.startswith(KEYWORD.encode() + b"\0"):
            return Recipe.from_json(_international_text(data))
    raise RecipeError("This PNG carries no recipe: many sites and programs remove it when they save a picture again.")


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if place + 12 > len(png):
            raise RecipeError("The PNG file is cut short.")
        (length,) = struct.unpack_from(">I", png, place)
        kind, start = png[place + 4 : place + 8], place + 8
        if start + length + 4 > len(png):
            raise RecipeError("The PNG file is cut short.")
        data = png[start : start + length]
        (checksum,) = struct.unpack_from(">I", png, start + length)
        if kind == b"iTXt" and zlib.crc32(kind + data) != checksum:
            raise RecipeError("The PNG file is damaged: the recipe's checksum is wrong.")
        yield kind, data
        if kind == b"IEND":
            return
        place = start + length + 4


def _international_text(data: bytes) -> str:
    """The text of an iTXt chunk: keyword, two flags, language, translated keyword, UTF-8 (PNG, section 11.3.3.4)."""
    head, _, rest = data.partition(b"\0")
    if len(rest) < 2 or rest[0] != 0:
        raise RecipeError(
            "The recipe in this PNG is compressed or cut short; this version writes and reads plain text."
        )
    parts = rest[2:].split(b"\0", 2)
    if len(parts) != 3 or len(parts[2]) > 4 * MAX_CHARACTERS:
        raise RecipeError(f"The {head.decode('latin-1')} chunk of this PNG is malformed or too long.")
    try:
        return parts[2].decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecipeError("The recipe in this PNG is not UTF-8 text.") from error
