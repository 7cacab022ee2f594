"""Sheets of faces to look at: a grid of characters, a sweep of each attribute."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anime_gen.drawing.attributes import STORED, attribute_spec
from anime_gen.drawing.character import Character, with_attribute
from anime_gen.drawing.scene import render


def grid(pictures: Sequence[NDArray[np.uint8]], columns: int, gap_px: int = 0) -> NDArray[np.uint8]:
    """Pictures of one size in rows on white, uint8 [rows * side, columns * side, 3]."""
    if not pictures or columns < 1:
        raise ValueError("A sheet needs at least one picture and one column.")
    side = pictures[0].shape[0]
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * (side + gap_px) - gap_px, columns * (side + gap_px) - gap_px, 3), 255, np.uint8)
    for index, picture in enumerate(pictures):
        y, x = (index // columns) * (side + gap_px), (index % columns) * (side + gap_px)
        sheet[y : y + side, x : x + side] = picture
    return sheet


def contact_sheet(characters: Sequence[Character], size_px: int = 128, columns: int = 8) -> NDArray[np.uint8]:
    """Characters in rows, in order."""
    return grid([render(character, size_px) for character in characters], columns)


def sweep_values(name: str, steps: int) -> list[float | str]:
    """Values of one attribute from end to end; every class of a categorical one."""
    spec = attribute_spec(name)
    if spec.kind == "categorical":
        return list(spec.classes)
    if spec.kind == "binary":
        return [0.0, 1.0]
    ends = np.linspace(spec.low, spec.high, steps, endpoint=spec.kind != "cyclic")
    return [float(value) for value in ends]


def sweep(character: Character, name: str, steps: int = 8) -> list[Character]:
    """The same character with one attribute swept from end to end; glasses are put on for the attributes of glasses."""
    shown = with_attribute(character, "glasses", 1.0) if name in ("glasses_size", "glasses_rim") else character
    return [with_attribute(shown, name, value) for value in sweep_values(name, steps)]


def sweep_sheet(character: Character, size_px: int = 64, steps: int = 8) -> NDArray[np.uint8]:
    """One row an attribute, in the order of the vocabulary."""
    blank = np.full((size_px, size_px, 3), 255, np.uint8)
    pictures: list[NDArray[np.uint8]] = []
    for name in STORED:
        row = [render(face, size_px) for face in sweep(character, name, steps)]
        pictures += row + [blank] * (steps - len(row))
    return grid(pictures, steps, 2)
