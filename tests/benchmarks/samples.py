"""The README's sheet: characters 0 to 63 of the shipped model as they come, enlarged.

python -m tests.benchmarks.samples --out docs/pictures/shipped_samples.jpg
"""

import argparse
from pathlib import Path

from PIL import Image

import anime_gen
from anime_gen.studio.character.picture_file import enlarged

COLUMNS, ROWS = 8, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default="shipped", help="a bundle's folder")
    parser.add_argument("--psi", type=float, default=1.0, help="1: nothing is held back")
    parser.add_argument("--side", type=int, default=160, help="of each picture, in pixels")
    parser.add_argument("--out", type=Path, default=Path("docs/pictures/shipped_samples.jpg"))
    wish = parser.parse_args()
    model = anime_gen.open_model(wish.model)
    sheet = Image.new("RGB", (COLUMNS * wish.side, ROWS * wish.side))
    for number in range(COLUMNS * ROWS):
        face = enlarged(model.random(number, wish.psi).pixels, wish.side)
        sheet.paste(face, (number % COLUMNS * wish.side, number // COLUMNS * wish.side))
    sheet.save(wish.out, quality=88)


if __name__ == "__main__":
    main()
