"""Ten characters of the shipped model, one attribute moved from end to end the page's way: sheets for the docs.

python -m tests.benchmarks.strips --out docs/pictures
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import anime_gen
from anime_gen.evaluation.pictures.strips import draw_grid
from anime_gen.evaluation.pictures.traversals import traversal_values
from anime_gen.studio.character.picture_file import enlarged

ATTRIBUTES = ("hair_length", "smile", "glasses", "expression", "hair_style")
CHARACTERS = 10
POINTS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default="shipped", help="a bundle's folder")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    wish = parser.parse_args()
    model = anime_gen.open_model(wish.model)
    for name in ATTRIBUTES:
        attribute = model.attributes[name]
        values = [0.0, 1.0] if attribute.kind == "binary" else traversal_values(attribute, POINTS)
        faces = []
        for number in range(CHARACTERS):
            character = model.random(number)
            moved = [character, *(character.edit(**{name: value}) for value in values)]
            faces += [np.asarray(enlarged(face.pixels, wish.side)) for face in moved]
        sheet = draw_grid(np.stack(faces), 1 + len(values), wish.side)
        Image.fromarray(sheet).save(wish.out / f"strip_{name}.webp", quality=70, method=6)
        print(name, values)


if __name__ == "__main__":
    main()
