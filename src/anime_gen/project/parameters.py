"""The names that parameters may have, and what each may hold: from conf/base and from the models that nodes ask for.

Nothing is listed by hand: a field that is added to a stage's model is known here at once.
"""

import dataclasses
import difflib
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, RootModel


class UnknownParameterError(ValueError):
    """A name that no parameter has, or a value of another kind; the message names the nearest one that exists."""


@dataclass
class Names:
    """What may stand at one place of the parameters: named fields, any name (`each`), or a plain value (`plain`)."""

    fields: dict[str, "Names"] = field(default_factory=dict)
    each: "Names | None" = None
    plain: set[Any] = field(default_factory=set)

    @property
    def is_text(self) -> bool:
        """Whether only a text (or null) may stand here."""
        return self.plain - {type(None)} == {str} and not self.fields

    @property
    def is_group(self) -> bool:
        """Whether only a group of settings may stand here."""
        return bool(self.fields or self.each) and not self.plain - {type(None)}

    def at(self, dotted: str) -> "Names | None":
        """The place that a dotted name stands for, or None."""
        place: Names | None = self
        for part in dotted.split("."):
            place = None if place is None else place.fields.get(part) or place.each
        return place

    def paths(self, prefix: str = "") -> Iterator[str]:
        """Dotted names of everything below."""
        for name, inner in self.fields.items():
            yield prefix + name
            yield from inner.paths(f"{prefix}{name}.")

    def add(self, other: "Names") -> None:
        """Allow here what `other` allows too."""
        for name, inner in other.fields.items():
            self.fields.setdefault(name, Names()).add(inner)
        self.each = self.each or other.each
        self.plain |= other.plain


def known_names(pipelines: Mapping[str, Any], base: Mapping[str, Any]) -> Names:
    """Every parameter that a node of `pipelines` reads or that conf/base states."""
    from kedro.validation.type_extractor import TypeExtractor

    known = Names()
    known.add(_stated(base))
    for dotted, kind in TypeExtractor(dict(pipelines)).extract_types_from_pipelines().items():
        place = known
        for part in dotted.split("."):
            place = place.fields.setdefault(part, Names())
        place.plain = set()  # what a model says is more exact than a value in conf/base
        _forget_plain(place)
        place.add(_typed(kind))
    return known


def checked(parameters: Mapping[str, Any], known: Names) -> dict[str, Any]:
    """The parameters, numbers that were given for texts as texts.

    Raises `UnknownParameterError`: a name that is not known (with the nearest one), a value where a group belongs.
    """
    problems: list[str] = []
    result = _walk(parameters, known, "", known, problems)
    if problems:
        raise UnknownParameterError("\n".join(problems))
    return dict(result)


def nearest(name: str, known: list[str]) -> str:
    """`; did you mean smoke?`, or nothing when no known name is near."""
    found = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {found[0]}?" if found else ""


def _walk(value: Any, names: Names, path: str, root: Names, problems: list[str]) -> Any:
    if isinstance(value, Mapping) and (names.fields or names.each or not path):
        result = {}
        for key, inner in value.items():
            place = names.fields.get(str(key)) or names.each
            dotted = f"{path}.{key}" if path else str(key)
            if place is None and not str(key).startswith("_"):
                problems.append(_unknown(dotted, inner, names, path, root))
            result[key] = inner if place is None else _walk(inner, place, dotted, root, problems)
        return result
    if names.is_group and value is not None and not isinstance(value, Mapping):
        example = next(names.paths(), "name")
        problems.append(f"{path} is a group of settings, not {value!r}; for example {path}.{example}=...")
    if isinstance(value, bool) and names.plain and not names.plain & {bool, str, Any}:
        problems.append(f"{path} is a number, not {str(value).lower()}")
    if names.is_text and isinstance(value, bool | int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _unknown(dotted: str, value: Any, names: Names, path: str, root: Names) -> str:
    """Names the whole setting as it was written, and the one that was most likely meant."""
    rest = ""
    while isinstance(value, Mapping) and len(value) == 1:
        key, value = next(iter(value.items()))
        rest += f".{key}"
    ends = {known.rpartition(".")[2]: known for known in root.paths()}
    last = (dotted + rest).rpartition(".")[2]
    beside = difflib.get_close_matches(dotted.rpartition(".")[2], list(names.fields), n=1)
    guess = (f"{path}.{beside[0]}" if path else beside[0]) if beside else ""
    place = root.at(guess + rest) if beside else None
    if place is not None and not (place.is_group and not isinstance(value, Mapping)):
        meant = [guess + rest]
    elif last in ends or not beside:
        meant = [ends[name] for name in difflib.get_close_matches(last, list(ends), n=1)]
    else:
        inside = [known for known in root.paths() if known.startswith(f"{guess}.")]
        meant = difflib.get_close_matches(guess + rest, inside, n=1) or [guess]
    hint = f"; did you mean {meant[0]}?" if meant else f"; known are {', '.join(names.fields)}"
    return f"there is no parameter {dotted}{rest}{hint}"


def _stated(value: Any) -> Names:
    if isinstance(value, Mapping):
        return Names({str(key): _stated(inner) for key, inner in value.items()})
    return Names(plain={Any})


def _forget_plain(names: Names) -> None:
    for inner in names.fields.values():
        inner.plain = set()
        _forget_plain(inner)


def _typed(kind: Any) -> Names:
    """What a type hint allows: models and dataclasses by their fields, mappings any name, else a plain value."""
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        names = Names()
        for member in get_args(kind):
            names.add(_typed(member))
        return names
    if origin is not None and hasattr(origin, "keys"):
        inner = get_args(kind)
        return Names(each=_typed(inner[1]) if len(inner) > 1 else Names(plain={Any}))
    if isinstance(kind, type) and issubclass(kind, RootModel):
        return _typed(kind.model_fields["root"].annotation)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return Names({name: _typed(entry.annotation) for name, entry in kind.model_fields.items()})
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return Names({entry.name: _typed(hints[entry.name]) for entry in dataclasses.fields(kind) if entry.init})
    return Names(plain={origin or kind})
