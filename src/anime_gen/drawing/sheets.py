"""Sheets of faces to look at: characters in rows, and one character with an attribute swept from end to end."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anime_gen.drawing.attributes import ATTRIBUTES, STORED, attribute_spec
from anime_gen.drawing.character import Character, with_attribute
from anime_gen.drawing.scene import render

MODEL_SEED = 12


def grid(pictures: Sequence[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    """Pictures of one size in rows on white, uint8 [rows * side, columns * side, 3]."""
    if not pictures or columns < 1:
        raise ValueError("A sheet needs at least one picture and one column.")
    side = pictures[0].shape[0]
    rows = -(-len(pictures) // columns)
    sheet = np.full((rows * side, columns * side, 3), 255, np.uint8)
    for index, picture in enumerate(pictures):
        y, x = (index // columns) * side, (index % columns) * side
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


def model_character() -> Character:
    """The face of the sweeps: everything in the middle, chosen so that each attribute has room to show."""
    values: dict[str, float | str] = {}
    for name in STORED:
        spec = ATTRIBUTES[name]
        values[name] = spec.classes[0] if spec.kind == "categorical" else (spec.low + spec.high) / 2
    values |= dict.fromkeys(("glasses", "hat", "ribbon", "animal_ears"), 0.0)
    values |= {"hair_hue": 24.0, "hair_saturation": 0.75, "hair_lightness": 0.62, "hair_curl": 0.1, "bangs": 0.55}
    values |= {"eye_hue": 205.0, "eye_lightness": 0.75, "eye_openness": 0.9, "eye_size": 0.45, "skin_tone": 0.08}
    values |= {"blush": 0.2, "mouth_open": 0.0, "smile": 0.2, "hair_spikiness": 0.3, "hair_parting": -0.3}
    return Character(values, seed=MODEL_SEED)
