"""Is this character new? Its nearest training picture, how near that is, and the picture itself where it is at hand."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from anime_gen.evaluation.originality import Likeness, Originals

SAME = 0.2
"""Distance within which a picture drawn again, at another size, is the one that was noted."""


@dataclass(frozen=True)
class Originality:
    """What is known of a picture: the nearest training picture, and its pixels uint8 [r, r, 3] if they are at hand."""

    likeness: Likeness
    nearest: np.ndarray | None

    @property
    def sentence(self) -> str:
        """For the artist: how near is near."""
        closer = self.likeness.closer
        if self.likeness.too_near:
            return (
                "Too near to a picture the model learnt from: fewer than 1 in 100 new drawings come this close. "
                "Change the character before you publish it."
            )
        if closer > 0.99:
            return "New: nearly every new drawing comes closer to a picture the model learnt from."
        return f"New: {100 * closer:.0f} of 100 new drawings come as close to a picture the model learnt from."


def judge(pixels: np.ndarray, originals: Originals, data_folder: Path | None = None) -> Originality:
    """Search for uint8 `[r, r, 3]` among the training pictures; `data_folder` may hold them."""
    likeness = originals.likeness(pixels)
    return Originality(likeness, training_picture(originals, likeness.name, len(pixels), data_folder))


def training_picture(originals: Originals, name: str, side_px: int, data_folder: Path | None) -> np.ndarray | None:
    """A training picture uint8 [r, r, 3]: read from the faces on this machine, or drawn again; None if neither can.

    Only what the table recognises as that picture is shown: a folder may hold another set, and a later drawing program
    draws other faces.
    """
    for picture in (_stored(name, data_folder), _drawn_again(originals.source, name, side_px)):
        if picture is not None:
            found = originals.likeness(picture)
            if found.name == name and found.distance < SAME:
                return picture
    return None


def _stored(name: str, data_folder: Path | None) -> np.ndarray | None:
    place = data_folder / "02_intermediate" if data_folder else None
    if place is None or not (place / "face_store.json").is_file() or not (place / "face_index.parquet").is_file():
        return None
    import pandas as pd

    from anime_gen.images import open_face_store

    rows = pd.read_parquet(place / "face_index.parquet", columns=["source_name"])["source_name"]
    row = np.flatnonzero(rows.to_numpy() == name)[:1]
    if not len(row):
        return None
    faces = open_face_store(place / "face_store.json")
    picture: np.ndarray = faces.read(row)[0]
    return picture


def _drawn_again(source: str, name: str, side_px: int) -> np.ndarray | None:
    """Our own drawings are their numbers."""
    known, number = re.fullmatch(r"drawn-(\w+)-seed(\d+)", source), re.fullmatch(r"drawn/(\d+)", name)
    if known is None or number is None:
        return None
    from anime_gen.drawing import render
    from anime_gen.images.sources.drawn import drawn_character

    return render(drawn_character(int(known[2]), known[1], int(number[1])), max(side_px, 128))
