"""Drawn anime faces with exactly known attributes: parameters in, picture and truth out."""

from anime_gen.drawing.attributes import ATTRIBUTES, AttributeSpec
from anime_gen.drawing.character import Character, with_attribute
from anime_gen.drawing.folder import read_characters, write_folder
from anime_gen.drawing.parallel import render_many
from anime_gen.drawing.sampling import SPLITS, sample_characters
from anime_gen.drawing.scene import masks, render
from anime_gen.drawing.sheets import contact_sheet, sweep
from anime_gen.drawing.style import HOUSE_STYLE, Style

__all__ = [
    "ATTRIBUTES",
    "HOUSE_STYLE",
    "SPLITS",
    "AttributeSpec",
    "Character",
    "Style",
    "contact_sheet",
    "masks",
    "read_characters",
    "render",
    "render_many",
    "sample_characters",
    "sweep",
    "with_attribute",
    "write_folder",
]
