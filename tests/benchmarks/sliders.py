"""The README's animation: three faces of the shipped model, one slider each, from end to end and back.

python -m tests.benchmarks.sliders --out docs/pictures/sliders.webp
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import anime_gen
from anime_gen.studio.character.picture_file import enlarged

SLIDERS = {"hair_length": 36, "smile": 4, "hair_hue": 25}
"""Attribute -> number of the character that shows it."""
STEPS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default="shipped", help="a bundle's folder")
    parser.add_argument("--side", type=int, default=208)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures/sliders.webp"))
    wish = parser.parse_args()
    model = anime_gen.open_model(wish.model)
    frames = []
    for share in np.linspace(0.0, 1.0, STEPS):
        faces = []
        for name, number in SLIDERS.items():
            attribute = model.attributes[name]
            low, high = (0.0, 1.0) if attribute.kind == "binary" else (attribute.low, attribute.high)
            face = model.random(number).edit(**{name: low + share * (high - low)})
            faces.append(np.asarray(enlarged(face.pixels, wish.side)))
        frames.append(Image.fromarray(np.concatenate(faces, axis=1)))
    there_and_back = [*frames, *frames[-2:0:-1]]
    there_and_back[0].save(wish.out, save_all=True, append_images=there_and_back[1:], duration=110, loop=0, quality=82)


if __name__ == "__main__":
    main()
