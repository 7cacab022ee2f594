"""Pictures whose bytes must not change; `python -m tests.drawing.golden` writes them anew after a deliberate change."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from anime_gen.drawing import SPLITS, Character, render, sample_characters

GOLDEN = Path(__file__).parent.parent / "golden" / "drawing"
SIZES_PX = (64, 128)
COUNT = 2


def read_golden(split: str) -> Iterator[tuple[Character, NDArray[np.uint8], int]]:
    """Character, its kept picture and size."""
    lines = (GOLDEN / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        for size_px in SIZES_PX:
            with Image.open(GOLDEN / f"{split}_{index}_{size_px}.png") as kept:
                yield Character.from_json(line), np.asarray(kept), size_px


def write_golden() -> None:
    """Draw the golden pictures of every split."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        characters = sample_characters(COUNT, seed=2026, split=split)
        text = "".join(character.to_json() + "\n" for character in characters)
        (GOLDEN / f"{split}.jsonl").write_text(text, encoding="utf-8")
        for index, character in enumerate(characters):
            for size_px in SIZES_PX:
                picture = Image.fromarray(render(character, size_px))
                picture.save(GOLDEN / f"{split}_{index}_{size_px}.png", optimize=True)


if __name__ == "__main__":
    write_golden()
