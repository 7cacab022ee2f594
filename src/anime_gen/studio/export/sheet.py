"""Sheets to take along: one character with expressions, turns, colours and values, or many at a glance."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from anime_gen.attributes import Attribute
from anime_gen.serving.rendering import Value
from anime_gen.studio.character.editor import Editor
from anime_gen.studio.export.page_items import Line, Page, Patch, Picture
from anime_gen.studio.export.palette import palette_of
from anime_gen.studio.wording import worded

WIDTH = 842.0
"""A4 across, in points."""
MARGIN, GAP = 28.0, 10.0
PORTRAIT = 250.0
TURNS = (-0.8, -0.4, 0.0, 0.4, 0.8)
FEELINGS: dict[str, dict[str, Value]] = {
    "neutral": {"smile": 0.0, "mouth_open": 0.05, "brow_angle": 0.0, "brow_height": 0.5},
    "happy": {"smile": 0.9, "mouth_open": 0.4, "brow_angle": 0.0, "brow_height": 0.6},
    "sad": {"smile": -0.7, "mouth_open": 0.1, "brow_angle": -0.8, "brow_height": 0.5},
    "angry": {"smile": -0.6, "mouth_open": 0.3, "brow_angle": 0.9, "brow_height": 0.3},
    "surprised": {"smile": 0.0, "mouth_open": 0.9, "brow_angle": 0.0, "brow_height": 1.0},
    "smug": {"smile": 0.6, "mouth_open": 0.0, "brow_angle": 0.5, "brow_height": 0.4},
}
"""What mouth and brows do in each; a model that does not measure one of them goes by the others."""
COLUMN = 128.0
SMALL, LARGE = 8.0, 20.0
CONTACT_COLUMNS = 6


def character_sheet(editor: Editor, title: str) -> Page:
    """The character of a document: portrait, expressions, head turns, palette, and every measured value.

    Paints about ten pictures, so it takes a few seconds. What the model cannot move is left out.
    """
    picture = editor.picture
    items: list[Picture | Patch | Line] = [
        Line(MARGIN, MARGIN, LARGE, title, WIDTH - 2 * MARGIN),
        Picture(MARGIN, MARGIN + 34, PORTRAIT, picture.pixels),
    ]
    beside = MARGIN + PORTRAIT + 2 * GAP
    items += _palette(picture.pixels, beside, MARGIN + 34)
    items += _values(editor, beside, MARGIN + 112)
    top = MARGIN + 34 + PORTRAIT + 18
    for heading, poses in _rows(editor):
        items.append(Line(MARGIN, top, 11, heading, WIDTH - 2 * MARGIN))
        side = min(118.0, (WIDTH - 2 * MARGIN - (len(poses) - 1) * GAP) / len(poses))
        for number, (caption, pixels) in enumerate(poses):
            x = MARGIN + number * (side + GAP)
            items += [Picture(x, top + 18, side, pixels), Line(x, top + 21 + side, SMALL, caption, side)]
        top += side + 42
    return Page(WIDTH, max(595.0, top + MARGIN), items, title)


def contact_sheet(pictures: Sequence[tuple[str, np.ndarray]], title: str) -> Page:
    """Pictures uint8 [r, r, 3] with their names, six a row."""
    side = (WIDTH - 2 * MARGIN - (CONTACT_COLUMNS - 1) * GAP) / CONTACT_COLUMNS
    items: list[Picture | Patch | Line] = [Line(MARGIN, MARGIN, LARGE, title, WIDTH - 2 * MARGIN)]
    for number, (name, pixels) in enumerate(pictures):
        row, column = divmod(number, CONTACT_COLUMNS)
        x, y = MARGIN + column * (side + GAP), MARGIN + 34 + row * (side + 26)
        items += [Picture(x, y, side, pixels), Line(x, y + side + 3, SMALL, name, side)]
    rows = -(-len(pictures) // CONTACT_COLUMNS)
    return Page(WIDTH, 2 * MARGIN + 34 + rows * (side + 26), items, title)


def _rows(editor: Editor) -> Iterator[tuple[str, list[tuple[str, np.ndarray]]]]:
    """The poses that this model can make, by heading."""
    vocabulary = {name: editor.bundle.tagger.vocabulary[name] for name in editor.bundle.directions.attributes}
    feelings = {
        name: {part: value for part, value in face.items() if part in vocabulary} for name, face in FEELINGS.items()
    }
    if feelings["happy"]:
        yield "Expressions", [(name, editor.variant(wishes).pixels) for name, wishes in feelings.items()]
    if "head_turn" in vocabulary:
        turn = vocabulary["head_turn"]
        yield (
            "Turns",
            [(_turned(turn, value), editor.variant({"head_turn": value}).pixels) for value in TURNS],
        )


def _turned(turn: Attribute, value: float) -> str:
    return "straight" if value == 0.0 else f"{turn.high_label if value > 0 else turn.low_label} {abs(value):g}"


def _palette(pixels: np.ndarray, x: float, y: float) -> Iterator[Patch | Line]:
    swatches = palette_of(pixels)
    width = (WIDTH - MARGIN - x) / max(1, len(swatches))
    yield Line(x, y, 11, "Palette", 200)
    for number, swatch in enumerate(swatches):
        left = x + number * width
        yield Patch(left, y + 18, width - 4, 34, swatch.rgb)
        yield Line(left, y + 55, 6.5, swatch.name, width - 4)
        yield Line(left, y + 64, 6.5, swatch.hex, width - 4)


def _values(editor: Editor, x: float, y: float) -> Iterator[Line]:
    """Measured values in columns, as many as the portrait is high."""
    vocabulary, measured = editor.bundle.tagger.vocabulary, editor.picture.measured
    shown = [name for name in measured if _worn(vocabulary[name].shown_with, measured)]
    yield Line(x, y, 11, "Measured", 200)
    per_column = max(1, int((PORTRAIT - 96) / 12))
    for number, name in enumerate(shown):
        column, row = divmod(number, per_column)
        words = f"{vocabulary[name].label}: {worded(vocabulary[name], measured[name])}"
        yield Line(x + column * (COLUMN + 4), y + 18 + row * 12, SMALL, words, COLUMN)


def _worn(accessory: str, measured: Mapping[str, Value]) -> bool:
    """Whether what a value is about is in the picture: the rim of no glasses is no information."""
    return accessory not in measured or float(measured[accessory]) >= 0.5
