"""Our own drawn characters as a source: nothing to decode, and every label exact."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anime_gen.images.config import FacesConfig, SourceConfig
from anime_gen.images.rejection import Reject, Rejection
from anime_gen.images.sources.members import Listing, Member, Picture, Work, made_picture

if TYPE_CHECKING:  # the drawing program is read in when something is drawn
    from anime_gen.drawing import Character

MIXED = "mixed"
"""Three of five characters from `default`, two from `independent`: natural, with enough of what is rare to learn it."""


def split_of(split: str, number: int) -> str:
    """The drawing program's split that character `number` of this source comes from."""
    if split != MIXED:
        return split
    return "default" if number % 5 < 3 else "independent"


def drawn_character(seed: int, split: str, number: int) -> "Character":
    """Character `number` of a drawn source of this seed and split."""
    from anime_gen.drawing import sample_characters

    return sample_characters(1, seed, split_of(split, number), start=number)[0]


@lru_cache(maxsize=1)
def drawing_version() -> str:
    """sha256 of the drawing program's own source: a change to it may change any picture, so all are drawn anew."""
    from anime_gen import drawing

    digest = hashlib.sha256()
    for path in sorted(Path(drawing.__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class DrawnWork:
    """A run of characters to draw, by number."""

    seed: int
    split: str
    slots: list[int]
    numbers: list[int]

    def pictures(self, config: FacesConfig) -> Iterator[Picture | Reject]:
        """Draw each character at the working resolution; its JSON and its labels come along."""
        from anime_gen.drawing import render

        for number in self.numbers:
            character = drawn_character(self.seed, self.split, number)
            picture = made_picture(render(character, config.resolution_px), config)
            labels = json.dumps(character.labels(), sort_keys=True)
            yield Picture(picture.pixels, picture.sha256, picture.width, picture.height, character.to_json(), labels)

    def halves(self) -> list[Work]:
        """Two batches of half the characters each."""
        if len(self.slots) < 2:
            return []
        middle = len(self.slots) // 2
        first = DrawnWork(self.seed, self.split, self.slots[:middle], self.numbers[:middle])
        return [first, DrawnWork(self.seed, self.split, self.slots[middle:], self.numbers[middle:])]

    def crashed(self) -> Reject:
        """The reject for the single character."""
        rejection = Rejection("crash")
        return Reject(_name(self.numbers[0]), rejection.reason, rejection.detail)


class DrawnSource:
    """The first `count` characters of a seed and a split. A larger count draws only the new ones."""

    def __init__(self, config: SourceConfig) -> None:
        """ValueError for a split that the drawing program does not know."""
        from anime_gen.drawing import SPLITS

        if config.split not in (*SPLITS, MIXED):
            raise ValueError(f"source.split must be one of {', '.join(SPLITS)}, {MIXED}; got {config.split!r}")
        self._config = config

    def identity(self) -> dict[str, Any]:
        """Seed, split and the program that draws; not the count."""
        return {
            "kind": "drawn",
            "seed": self._config.seed,
            "split": self._config.split,
            "drawing": drawing_version(),
        }

    def stamp(self) -> str | None:
        """The count: all the rest is in the key."""
        return f"{self._config.count} characters"

    def listing(self) -> Listing:
        """The characters by number."""
        return Listing([Member(_name(number), "", 0, (number,)) for number in range(self._config.count)])

    def works(self, pending: Sequence[tuple[int, Member]], batch: int) -> Iterator[DrawnWork]:
        """Batches in slot order."""
        for first in range(0, len(pending), batch):
            chunk = pending[first : first + batch]
            numbers = [member.where[0] for _, member in chunk]
            yield DrawnWork(self._config.seed, self._config.split, [slot for slot, _ in chunk], numbers)


def _name(number: int) -> str:
    return f"drawn/{number:07d}"
