"""`--params` as people write it: values with commas, folders called 2024 or 007, quotes where a text needs them.

`read(written(params)) == params`: what a run records can be pasted into a shell.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import OmegaConf

from anime_gen.project.parameters import Names

NAME = re.compile(r"\s*[\w-]+(\.[\w-]+)*\s*$")
NOTHING = {"null", "none", "~", ""}
CLOSING = {"'": "'", '"': '"', "[": "]", "{": "}"}


def read_params(text: str, known: Names) -> dict[str, Any]:
    """`a.b=1,c=x` as nested settings; a setting that takes a text gets exactly what was written.

    A piece without `=` belongs to the text before it (`source.path=faces, cut`). Raises ValueError for anything else.
    """
    result: dict[str, Any] = {}
    for name, value in _settings(text, known):
        *groups, last = name.split(".")
        place = result
        for group in groups:
            place = place.setdefault(group, {})
            if not isinstance(place, dict):
                raise ValueError(f"{name}: {group} was given a value and a setting below it")
        if last in place:
            raise ValueError(f"{name} is given twice; say it once")
        place[last] = _value(value, known.at(name))
    return result


def written_params(params: Mapping[str, Any]) -> str:
    """Nested settings as one text that `read_params` reads again."""
    return ",".join(f"{name}={_written(value)}" for name, value in _leaves(params, ""))


def overlaid(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Nested settings with those of `over` in their place."""
    result = dict(base)
    for name, value in over.items():
        before = result.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            value = overlaid(before, value)
        result[name] = value
    return result


def _settings(text: str, known: Names) -> Iterator[tuple[str, str]]:
    pending: tuple[str, str] | None = None
    for piece in _pieces(text):
        name, equals, value = piece.partition("=")
        if equals and NAME.match(name):
            if pending:
                yield pending
            pending = name.strip(), value
        elif pending and (place := known.at(pending[0])) is not None and place.is_text:
            pending = pending[0], f"{pending[1]},{piece}"
        else:
            raise ValueError(f"{piece.strip()!r} is no setting; write name=value, for example source.count=600")
    if pending:
        yield pending


def _pieces(text: str) -> Iterator[str]:
    """Parts between commas; a value that begins with a quote or a bracket reaches to its other end."""
    start = at = 0
    while at < len(text):
        opened = text[at] in CLOSING and text[:at].rstrip().endswith("=")
        end = _end_of(text, at) if opened else -1
        if end >= 0:
            at = end
        elif text[at] == ",":
            yield text[start:at]
            start = at + 1
        at += 1
    if text[start:].strip():
        yield text[start:]


def _end_of(text: str, at: int) -> int:
    """Where the value that opens at `at` closes with nothing but the next setting behind it; -1 if it does not."""
    quote, depth = text[at], 0
    for place in range(at, len(text)):
        if text[place] == quote and (quote not in "'\"" or place == at):
            depth += 1
        elif text[place] == CLOSING[quote]:
            if quote in "'\"" and text[place + 1 : place + 2] == quote:
                continue
            depth -= 1
        if depth == 0 and place > at and text[place + 1 : place + 2] in ("", ","):
            return place
    return -1


def _value(text: str, place: Names | None) -> Any:
    plain = text.strip()
    if place is not None and place.is_text:
        if plain.lower() in NOTHING:
            return None
        if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "'\"":
            return plain[1:-1].replace(plain[0] * 2, plain[0])
        return plain
    return OmegaConf.to_container(OmegaConf.from_dotlist([f"value={plain}"]))["value"]  # type: ignore[index,call-overload]


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value


def _written(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        plain = value == value.strip() and not re.search(r"[,'\"]|^[\[{]", value) and value.lower() not in NOTHING
        return value if plain else "'" + value.replace("'", "''") + "'"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_written(inner) for inner in value) + "]"
    return repr(value)
