"""Pictures that carry their recipe: a PNG whose iTXt chunk is the save file; and recipes read back from files."""

import io

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from anime_gen.images.enlarger import enlarge
from anime_gen.studio.character.png_text import SIGNATURE, PngTextError, text_of
from anime_gen.studio.character.recipe import MAX_CHARACTERS, Recipe, RecipeError

KEYWORD = "anime_gen"
MAX_BYTES = 64 * 1024 * 1024
LARGEST_PX = 1024


class NoRecipeError(RecipeError):
    """A sound PNG without a recipe."""


def enlarged(pixels: np.ndarray, side_px: int) -> Image.Image:
    """uint8 `[r, r, 3]` at another size; a network taught on drawings keeps lines crisp."""
    return Image.fromarray(enlarge(pixels, side_px))


def export_png(pixels: np.ndarray, recipe: Recipe, side_px: int | None = None) -> bytes:
    """A PNG of uint8 `[r, r, 3]` with the recipe inside; `side_px` enlarges it for a look outside the page."""
    info = PngInfo()
    info.add_itxt(KEYWORD, recipe.to_json())
    info.add_text("Software", "anime_gen")
    return png_of(enlarged(pixels, side_px or len(pixels)), info)


def png_of(image: Image.Image, info: PngInfo | None = None) -> bytes:
    """The bytes of a PNG file."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def recipe_of(file: bytes) -> Recipe:
    """The recipe inside a PNG, or in a JSON file of its own. A picture is never decoded.

    Raises `RecipeError`: neither PNG nor JSON, a damaged file, or a recipe that cannot be read; `NoRecipeError`: a PNG
    without any.
    """
    if len(file) > MAX_BYTES:
        raise RecipeError(f"The file has {len(file):,} bytes; at most {MAX_BYTES:,} are read.")
    if _is_json(file):
        return Recipe.from_json(_json_text(file))
    try:
        text = text_of(file, KEYWORD, 4 * MAX_CHARACTERS)
    except PngTextError as error:
        raise RecipeError(str(error)) from error
    if text is None:
        raise NoRecipeError(
            "This PNG carries no recipe: many sites and programs remove it when they save a picture again. "
            "Load the file as it was downloaded from this page."
        )
    return Recipe.from_json(text)


def may_hold_recipe(file: bytes) -> bool:
    """Whether a file is, by its beginning, a PNG or a JSON object."""
    return file.startswith(SIGNATURE) or _is_json(file)


def _is_json(file: bytes) -> bool:
    return not file.startswith(SIGNATURE) and file.lstrip()[:1] == b"{"


def _json_text(file: bytes) -> str:
    try:
        return file.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RecipeError("The JSON file is not UTF-8 text.") from error
