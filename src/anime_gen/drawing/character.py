"""A character: the exact truth behind one drawn face."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from anime_gen.drawing.attributes import ATTRIBUTES, STORED, attribute_spec
from anime_gen.drawing.classes import derive, not_applicable
from anime_gen.drawing.style import HOUSE_STYLE, Style

JSON_VERSION = 1


@dataclass(frozen=True)
class Character:
    """Everything that decides the bytes of a drawn face at a given size.

    `attributes` is complete: one value per stored attribute. `seed` (0 to 2^63-1) decides only what no attribute names:
    the jitter of the locks, the background, the clothes, the colours of accessories.
    """

    attributes: Mapping[str, float | str]
    style: Style = HOUSE_STYLE
    seed: int = 0

    def __post_init__(self) -> None:
        missing = [name for name in STORED if name not in self.attributes]
        if missing:
            raise ValueError(f"A character needs every attribute; missing: {', '.join(missing)}.")
        checked = {name: attribute_spec(name).check(value) for name, value in self.attributes.items()}
        ordered = {name: checked[name] for name in STORED}
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not 0 <= self.seed < 2**63:
            raise ValueError(f"seed must be a whole number from 0 to 2^63-1; got {self.seed!r}.")
        object.__setattr__(self, "attributes", MappingProxyType(ordered))

    def __hash__(self) -> int:
        return hash((tuple(self.attributes.items()), self.style, self.seed))

    def __reduce__(self) -> tuple[Any, ...]:
        return Character, (dict(self.attributes), self.style, self.seed)

    def number(self, name: str) -> float:
        """The value of a numeric attribute."""
        return float(self.attributes[name])

    def labels(self) -> dict[str, float | str | None]:
        """The truth for every attribute, derived classes included; None where it cannot be seen on this face."""
        everything: dict[str, float | str] = {**self.attributes, **derive(self.attributes)}
        hidden = not_applicable(self.attributes)
        return {name: None if name in hidden else everything[name] for name in ATTRIBUTES}

    def to_json(self) -> str:
        """One line of JSON that `from_json` turns into an equal character."""
        document = {
            "version": JSON_VERSION,
            "seed": self.seed,
            "style": self.style.as_dict(),
            "attributes": dict(self.attributes),
        }
        return json.dumps(document, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Character":
        """Read a character; ValueError says what is wrong with the text."""
        try:
            document = json.loads(text)
            version, parts = document["version"], (document["attributes"], document["style"], document["seed"])
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ValueError(f"This is not a character written by to_json: {error}.") from error
        if version != JSON_VERSION:
            raise ValueError(f"This character has version {version!r}; this program reads version {JSON_VERSION}.")
        attributes, style, seed = parts
        try:
            return cls(attributes, Style(**style), seed)
        except TypeError as error:
            raise ValueError(f"This is not a character written by to_json: {error}.") from error


def with_attribute(character: Character, name: str, value: float | str) -> Character:
    """The same character with one attribute changed; everything else, nuisance included, stays."""
    return Character({**character.attributes, name: attribute_spec(name).check(value)}, character.style, character.seed)
