"""A folder of drawn faces that anything can read: pictures, labels.csv, and the characters behind them."""

import csv
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from anime_gen.drawing.attributes import ATTRIBUTES
from anime_gen.drawing.character import Character
from anime_gen.drawing.parallel import render_many

LABELS, CHARACTERS = "labels.csv", "characters.jsonl"


def write_folder(characters: Sequence[Character], size_px: int, folder: Path, workers: int | None = None) -> None:
    """Write `faces/NNNNN.png`, `labels.csv` (an empty cell is "not applicable") and `characters.jsonl`.

    Line i of `characters.jsonl` is the character of picture i: the picture can be drawn again from it alone.
    FileExistsError when the folder already holds labels, so that no set is half overwritten.
    """
    if (folder / LABELS).exists():
        raise FileExistsError(f"{folder} already holds {LABELS}; choose a new folder.")
    (folder / "faces").mkdir(parents=True, exist_ok=True)
    names = [f"faces/{index:05d}.png" for index in range(len(characters))]
    for name, picture in zip(names, render_many(characters, size_px, workers), strict=True):
        Image.fromarray(picture).save(folder / name)
    with (folder / CHARACTERS).open("w", encoding="utf-8") as lines:
        lines.writelines(character.to_json() + "\n" for character in characters)
    with (folder / LABELS).open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        writer.writerow(("file", *ATTRIBUTES))
        for name, character in zip(names, characters, strict=True):
            labels = character.labels()
            writer.writerow((name, *("" if labels[key] is None else labels[key] for key in ATTRIBUTES)))


def read_characters(folder: Path) -> list[Character]:
    """The characters of a folder, in the order of its pictures."""
    with (folder / CHARACTERS).open(encoding="utf-8") as lines:
        return [Character.from_json(line) for line in lines]
