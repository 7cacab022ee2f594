"""The vocabulary: which facial features an artist can move, and what a picture may do without changing them.

Everything else derives from it (heads of the sub-models, sliders, questions on the Label page), so a new slider is an
entry in ``conf/base/parameters/attributes.yml`` plus labels.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import math
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

Kind = Literal["continuous", "binary", "categorical", "cyclic"]
Change = Literal["hue", "light", "crop", "shift"]
TRUTH = dict.fromkeys(("yes", "true", "y", "t", "on"), 1.0) | dict.fromkeys(("no", "false", "n", "f", "off"), 0.0)
GROUPS = ("expression", "eyewear", "hair", "eyes", "face", "accessories")


class Column(NamedTuple):
    """One number of a read-out: ``part`` is a class name, ``cos`` or ``sin``, or None for a plain value."""

    attribute: str
    part: str | None = None

    @property
    def name(self) -> str:
        """``hair_color:black``, ``hair_hue:cos`` or ``smile``."""
        return self.attribute if self.part is None else f"{self.attribute}:{self.part}"


class Attribute(BaseModel):
    """One named facial feature; ``low`` and ``high`` are in its own units (degrees for a cyclic one)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: str
    kind: Kind
    group: str
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    classes: tuple[str, ...] = ()
    help: str = ""
    low_label: str = ""
    high_label: str = ""
    decimals: int = Field(default=2, ge=0, le=6)
    step: float = Field(default=0.01, gt=0)
    changed_by: tuple[Change, ...] = ()
    decided_by: tuple[str, ...] = ()
    shown_with: str = ""
    both_sides: bool = False
    flip: Literal["same", "negate", "never"] = "same"
    tolerance: float = Field(default=0.1, gt=0, le=0.5)

    @model_validator(mode="after")
    def _consistent(self) -> Attribute:
        if self.group not in GROUPS:
            raise ValueError(f"attribute {self.name}: group {self.group!r} is unknown; use one of {', '.join(GROUPS)}")
        if self.low >= self.high:
            raise ValueError(f"attribute {self.name}: low {self.low} must be below high {self.high}")
        if self.kind == "categorical" and len(set(self.classes)) < 2:
            raise ValueError(f"attribute {self.name}: a categorical attribute needs at least two different classes")
        if self.kind != "categorical" and self.classes:
            raise ValueError(f"attribute {self.name}: only a categorical attribute has classes")
        if self.flip == "negate" and (self.kind != "continuous" or self.low != -self.high):
            raise ValueError(f"attribute {self.name}: flip: negate needs a continuous range symmetric about 0")
        return self

    @property
    def span(self) -> float:
        """Width of the range: what a tolerance is a share of (half a turn for a hue)."""
        return (self.high - self.low) / (2.0 if self.kind == "cyclic" else 1.0)

    @property
    def meaning(self) -> tuple[str, float, float, tuple[str, ...]]:
        """What a value of it says; texts for people do not count."""
        return self.kind, self.low, self.high, self.classes

    @property
    def columns(self) -> tuple[Column, ...]:
        """The read-out columns of this attribute, in order."""
        if self.kind == "categorical":
            return tuple(Column(self.name, part) for part in self.classes)
        if self.kind == "cyclic":
            return (Column(self.name, "cos"), Column(self.name, "sin"))
        return (Column(self.name),)

    @property
    def allowed(self) -> str:
        """The values a label may have, in words."""
        if self.kind == "categorical":
            return "one of " + ", ".join(self.classes)
        if self.kind == "binary":
            return "0 or 1"
        return f"a number from {self.low:g} to {self.high:g}"

    def read(self, value: object) -> float | str:
        """The label as a value of this attribute; ValueError says what is allowed.

        A class may be written in capitals or with spaces; a number may have a decimal comma; a hue is brought into its
        range (360 is 0).
        """
        text = str(value).strip()
        if self.kind == "categorical":
            if text in self.classes:
                return text
            same = [name for name in self.classes if _squeezed(name) == _squeezed(text)]
            if len(same) == 1:
                return same[0]
            near = difflib.get_close_matches(text.lower(), self.classes, n=1)
            raise self._refused(value, f"; did you mean {near[0]}?" if near else "")
        number = TRUTH.get(text.lower()) if self.kind == "binary" else None
        number = _number(text) if number is None else number
        inside = number in (0.0, 1.0) if self.kind == "binary" else self.low <= number <= self.high
        if not math.isfinite(number) or not inside:
            raise self._refused(value)
        return self.low + (number - self.low) % (self.high - self.low) if self.kind == "cyclic" else number

    def _refused(self, value: object, hint: str = "") -> ValueError:
        return ValueError(f"{self.name} = {value!r} is not allowed; it must be {self.allowed}{hint}")


def _squeezed(text: str) -> str:
    """Letters and digits alone, in small ones: `Twin tails` is what `twin_tails` says."""
    return "".join(char for char in text.casefold() if char.isalnum())


def _number(text: str) -> float:
    """A number as people and spreadsheets write it; NaN when it is none."""
    plain = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-")
    if "," in plain and "." not in plain:
        plain = plain.replace(",", ".", 1)
    try:
        return float(plain) if "_" not in plain else math.nan
    except ValueError:
        return math.nan


class Vocabulary(RootModel[dict[str, Attribute]]):
    """All attributes in the order of the file; reads like a dict."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _named(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        if not data:
            raise ValueError("the vocabulary is empty: attributes.yml needs at least one attribute")
        return {name: {"name": name, **entry} if isinstance(entry, Mapping) else entry for name, entry in data.items()}

    @model_validator(mode="after")
    def _keys_match(self) -> Vocabulary:
        for name, attribute in self.root.items():
            if attribute.name != name:
                raise ValueError(f"attribute {name}: its name says {attribute.name!r}; leave name out")
        return self

    @classmethod
    def parse(cls, entries: Mapping[str, Any]) -> Vocabulary:
        """From the ``attributes`` parameters: a mapping of name to entry."""
        return cls.model_validate(entries)

    def dump(self) -> dict[str, Any]:
        """As plain JSON data that ``parse`` reads again."""
        return {name: entry.model_dump(mode="json", exclude={"name"}) for name, entry in self.root.items()}

    @property
    def version(self) -> str:
        """Twelve hex digits that change when any attribute's meaning does."""
        facts = {name: entry.meaning for name, entry in self.root.items()}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]

    def group(self, group: str) -> tuple[Attribute, ...]:
        """The attributes of one group, in order."""
        return tuple(a for a in self.root.values() if a.group == group)

    def subset(self, names: Mapping[str, object] | tuple[str, ...] | list[str]) -> Vocabulary:
        """Only these attributes, in this vocabulary's order; there may be none."""
        return Vocabulary.model_construct({name: a for name, a in self.root.items() if name in names})

    def related(self, decided_by: Mapping[str, Sequence[str]], shown_with: Mapping[str, str]) -> Vocabulary:
        """With what decides its attributes and what they are seen with, where they say nothing of it themselves."""
        return Vocabulary.model_construct(
            {
                name: attribute.model_copy(
                    update={
                        "decided_by": attribute.decided_by or tuple(decided_by.get(name, ())),
                        "shown_with": attribute.shown_with or shown_with.get(name, ""),
                    }
                )
                for name, attribute in self.root.items()
            }
        )

    @property
    def columns(self) -> list[Column]:
        """Read-out columns of all attributes."""
        return [column for attribute in self.root.values() for column in attribute.columns]

    def __getitem__(self, name: str) -> Attribute:
        try:
            return self.root[name]
        except KeyError:
            known = ", ".join(self.root)
            raise KeyError(f"unknown attribute {name!r}; known: {known}") from None

    def __contains__(self, name: object) -> bool:
        return name in self.root

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]
        return iter(self.root)

    def __len__(self) -> int:
        return len(self.root)

    def keys(self) -> list[str]:
        """Names, in order."""
        return list(self.root)

    def values(self) -> list[Attribute]:
        """Attributes, in order."""
        return list(self.root.values())

    def items(self) -> list[tuple[str, Attribute]]:
        """Pairs of name and attribute, in order."""
        return list(self.root.items())
