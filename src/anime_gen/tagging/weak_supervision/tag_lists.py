"""The list of tags beside an ONNX tagger, in the forms that such lists are found in."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from anime_gen.labels.table import DELIMITERS, LabelError, known_as, texts_of

# what the list is called within a model's configuration, wherever it stands there
NESTED = (
    *("id2label", "idx_to_tag", "label_names", "tag_names", "class_names", "tag_to_idx", "label2id"),
    *("tags", "labels", "classes", "names"),
)
COLUMNS = ("name", "tag", "tag_name", "tags", "label", "class", "class_name", "tag_string")
# what a column is called that may say where in the output a tag is
PLACES = ("id", "idx", "index", "tag_id", "tag_idx", "class_id", "")

_CATEGORY = re.compile(r"(general|character|copyright|artist|species|meta|rating)[:/](?=.)")
_NUMBERED = re.compile(r"\s*(\d+)(?:\s*[:,.)\t]\s*|\s+)(.*)")
_COMMENT = re.compile(r"\s*(#|//)\s")  # without a space it begins a tag
_ASSIGNED = re.compile(r"\s*\w+\s*=\s*(\[.*\])\s*$", re.DOTALL)  # as Python and TOML write a list
_SEP_LINE = re.compile(r"sep=.\s*$", re.IGNORECASE)


def read_tags(path: Path) -> list[str]:
    """Names in the order of the tagger's output, as ``plain_tag`` spells them.

    Read: a table with a column ``name`` (or ``tag``, ``label`` ...), one name a line with or without its number, JSON
    or YAML lists and objects of name to number or number to name, one object a line, and configurations that hold one.
    Raises ValueError that names the file.
    """
    try:
        text = texts_of(path.read_bytes(), path.name)[0]
        text = assigned[1] if (assigned := _ASSIGNED.match(text)) else text
        if text.lstrip()[:1] in ("[", "{") or path.suffix.lower() in (".yaml", ".yml"):
            names = _names_in(_objects(text))
        else:
            names = _from_lines(text)
    except (LabelError, ValueError) as error:
        raise ValueError(f"{path} is no list of tags that can be read ({error})") from None
    if not names:
        raise ValueError(f"{path} lists no tags")
    return [plain_tag(name) for name in names]


def plain_tag(name: str) -> str:
    r"""``blue_hair`` for ``Blue hair``, ``blue-hair``, ``blue\_hair`` and ``general:blue_hair``."""
    return _CATEGORY.sub("", re.sub(r"[\s_-]+", "_", name.replace("\\", "").strip().lower()), count=1)


def _objects(text: str) -> Any:
    """What JSON, one JSON object a line, YAML or a list of Python holds; all that YAML holds as texts."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if error.msg.startswith("Extra data"):
            return [json.loads(line) for line in text.splitlines() if line.strip()]
    import yaml

    try:
        return yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise ValueError(str(error).replace("\n", " ")) from None


def _names_in(held: Any) -> list[str]:
    while isinstance(held, dict) and len(held) == 1 and isinstance(inner := next(iter(held.values())), list | dict):
        if (names := _listed(held)) is not None:
            return names
        held = inner
    places = [held, *(found for key in NESTED for found in _below(held, key))]
    if (names := next((names for place in places if (names := _listed(place)) is not None), None)) is None:
        raise ValueError(f"it holds none of {', '.join(NESTED[:4])}")
    return names


def _below(held: Any, key: str) -> Iterator[Any]:
    """What an object and those within it call ``key``."""
    if isinstance(held, dict):
        if key in held:
            yield held[key]
        for inner in held.values():
            yield from _below(inner, key)


def _listed(held: Any) -> list[str] | None:
    """The names of a list, or of an object that numbers them; None for anything else."""
    if isinstance(held, list):
        return _words(held)
    if not isinstance(held, dict) or not held:
        return None
    if all(key.isdigit() for key in held):
        words = _words(list(held.values()))
        return None if words is None else _in_order(list(map(int, held)), words)
    numbers = [_number(entry) for entry in held.values()]
    return None if None in numbers else _in_order(numbers, list(held))  # type: ignore[arg-type]


def _number(entry: Any) -> int | None:
    """The place that an entry is, or says."""
    if isinstance(entry, Mapping):
        entry = next((entry[key] for key in PLACES if key in entry), None)
    return int(entry) if str(entry).isdigit() else None


def _words(entries: list[Any]) -> list[str] | None:
    """Entries as names: texts, or objects that hold one."""
    words = [_word(entry) for entry in entries]
    return None if None in words else words  # type: ignore[return-value]


def _word(entry: Any) -> str | None:
    if isinstance(entry, Mapping):
        entry = next((entry[key] for key in COLUMNS if key in entry), None)
    return entry if isinstance(entry, str) else None


def _in_order(numbers: list[int], names: list[str]) -> list[str]:
    if sorted(numbers) != list(range(min(numbers), min(numbers) + len(numbers))) or min(numbers) > 1:
        raise ValueError("its numbers do not run from 0 on")
    return [name for _, name in sorted(zip(numbers, names, strict=True))]


def _from_lines(text: str) -> list[str]:
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip() and not _COMMENT.match(line)]
    lines = lines[1:] if lines and _SEP_LINE.match(lines[0]) else lines
    for delimiter in DELIMITERS:
        columns = next(csv.reader(lines[:1], delimiter=delimiter), [])
        header = [known_as(column, (*COLUMNS, *PLACES)) or column for column in columns]
        if (column := next((header.index(wanted) for wanted in COLUMNS if wanted in header), None)) is not None:
            return _from_table(list(csv.reader(lines[1:], delimiter=delimiter)), header, column)
    if len(lines) == 1:
        return next(csv.reader(lines, skipinitialspace=True))
    plain = _without_numbers([line.strip().removeprefix("- ").rstrip(",").strip("\"'") for line in lines])
    if lines and any(all(delimiter in line for line in plain) for delimiter in DELIMITERS):
        raise ValueError(f"no column of it is called {', '.join(COLUMNS[:3])}; found {lines[0][:80]}")
    return plain


def _without_numbers(lines: list[str]) -> list[str]:
    """Lines without the numbers that count them, if all have one."""
    found = [match for line in lines if (match := _NUMBERED.fullmatch(line))]
    numbers = [int(match[1]) for match in found]
    counted = len(found) == len(lines) and numbers in (list(range(len(lines))), list(range(1, len(lines) + 1)))
    return [match[2] for match in found] if counted else lines


def _from_table(rows: list[list[str]], header: list[str], column: int) -> list[str]:
    """A column of names, in the order of the column beside it that numbers them, if one does."""
    if short := next((row for row in rows if len(row) <= column or not row[column].strip()), None):
        raise ValueError(f"a row of it has no name: {', '.join(short)[:80]}")
    names = [row[column] for row in rows]
    for place in (place for place, name in enumerate(header) if name in PLACES and place != column):
        numbers = [row[place] for row in rows]
        if all(map(str.isdigit, numbers)) and sorted(map(int, numbers)) == list(range(len(rows))):
            return _in_order(list(map(int, numbers)), names)
    return names
