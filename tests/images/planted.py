"""Drawn faces with planted copies and look-alikes, and what is found of them."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from anime_gen.drawing import ATTRIBUTES, Character, render, sample_characters, with_attribute
from anime_gen.images.duplicates import group_near_duplicates
from anime_gen.images.hashing import perceptual_hashes
from anime_gen.images.store import write_store

SIDE, STORED = 96, 64  # as real collections come, and as they are kept


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def shifted(image: Image.Image, right: int, down: int) -> Image.Image:
    wide = np.pad(np.asarray(image), ((2, 2), (2, 2), (0, 0)), mode="edge")
    return Image.fromarray(wide[2 - down : 2 - down + image.height, 2 - right : 2 - right + image.width])


def rescaled(image: Image.Image, side: int) -> Image.Image:
    return image.resize((side, side), Image.Resampling.BICUBIC)


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "flip": lambda image: jpeg(ImageOps.mirror(image), 92),
    "half the size": lambda image: rescaled(image, 48),
    "three quarters, JPEG 90": lambda image: jpeg(rescaled(image, 71), 90),
    "half as large again": lambda image: jpeg(rescaled(image, 144), 90),
    "JPEG 50": lambda image: jpeg(image, 50),
    "2 px right": lambda image: shifted(image, 2, 0),
    "2 px up": lambda image: shifted(image, 0, -2),
    "2 px down, 2 px left": lambda image: shifted(image, -2, 2),
    "2 px cut off": lambda image: image.crop((2, 2, SIDE, SIDE)),
    "flip, shift, JPEG 60": lambda image: jpeg(shifted(ImageOps.mirror(image), 2, 0), 60),
}


def look_alikes(character: Character, share: float) -> Iterator[tuple[str, Character]]:
    """The same character with one attribute moved by a share of its range, for every attribute that shows on it."""
    visible = character.labels()
    for name, spec in ATTRIBUTES.items():
        if visible[name] is None:
            continue
        if spec.kind in ("continuous", "cyclic"):
            step = (spec.high - spec.low) * share
            value = character.number(name)
            yield name, with_attribute(character, name, value + step if value + step <= spec.high else value - step)
        elif spec.kind == "binary":
            yield name, with_attribute(character, name, 1.0 - character.number(name))


def stored(image: Image.Image) -> np.ndarray:
    return np.asarray(image.resize((STORED, STORED), Image.Resampling.LANCZOS))


@dataclass
class Found:
    """How many of the planted copies share their original's group, and how many grouped pairs are true."""

    recall: float
    precision: float
    missed: list[str]
    merged: list[str]


def search(folder: Path, originals: list[Image.Image], strangers: list[tuple[int, str, Image.Image]]) -> Found:
    """Plant every kind of copy of every original beside the strangers (look-alikes) and search it all at once."""
    pictures = [stored(image) for image in originals]
    family = list(range(len(originals)))
    names = ["original"] * len(originals)
    for number, image in enumerate(originals):
        for name, alter in COPIES.items():
            pictures.append(stored(alter(image)))
            family.append(number)
            names.append(name)
    for i, (_, name, image) in enumerate(strangers):
        pictures.append(stored(image))
        family.append(len(originals) + i)
        names.append(name)
    store = write_store(folder, np.stack(pictures))
    hashes = np.array([perceptual_hashes(picture) for picture in pictures], np.uint64)
    groups = group_near_duplicates(store, hashes[:, 0], hashes[:, 1])
    copies = range(len(originals), len(originals) * (1 + len(COPIES)))
    missed = [names[i] for i in copies if groups[i] != groups[family[i]]]
    together = np.equal.outer(groups, groups)
    related = np.equal.outer(np.array(family), np.array(family))
    pairs = np.triu(together, 1)
    merged = [f"{names[a]} / {names[b]}" for a, b in np.argwhere(pairs & ~related)]
    return Found(1 - len(missed) / len(copies), 1 - len(merged) / max(1, int(pairs.sum())), missed, merged)


def visible(first: Image.Image, second: Image.Image) -> bool:
    """Whether 8 stored pixels or more differ by over 24 levels: a change nobody can see makes no look-alike.

    (The pupil of a nearly closed eye, the saturation of black hair: such pairs differ in no pixel at all.)
    """
    difference = np.abs(stored(first).astype(int) - stored(second)).max(axis=2)
    return int((difference > 24).sum()) >= 8


def drawn_set(
    count: int, seed: int, share: float, every: int = 1
) -> tuple[list[Image.Image], list[tuple[int, str, Image.Image]]]:
    """`count` originals, and of each the visible look-alikes in `every`-th of its attributes."""
    characters = sample_characters(count, seed, "independent")
    originals = [Image.fromarray(render(character, SIDE)) for character in characters]
    strangers = [
        (number, name, Image.fromarray(render(other, SIDE)))
        for number, character in enumerate(characters)
        for name, other in islice(look_alikes(character, share), number % every, None, every)
    ]
    return originals, [stranger for stranger in strangers if visible(originals[stranger[0]], stranger[2])]
