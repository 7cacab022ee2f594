"""The list of tags beside an ONNX tagger, in the forms that such lists are found in."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

from anime_gen.labels.table import LabelError, plain_name, texts_of

NESTED = ("id2label", "idx_to_tag", "label_names", "labels", "tags", "classes")  # in configurations of models
COLUMNS = ("name", "tag", "tag_name", "tags", "label", "class", "class_name")


def read_tags(path: Path) -> list[str]:
    """Names in the order of the tagger's output, as ``plain_tag`` spells them.

    Read: a table with a column ``name`` (or ``tag``, ``label`` ...; commas, semicolons or tabs), one name a line, a
    JSON list, a JSON object of name to number or number to name, and a model's configuration that holds one of these.
    Raises ValueError that names the file.
    """
    try:
        text = texts_of(path.read_bytes(), path.name)[0]
        names = _from_json(json.loads(text)) if text.lstrip()[:1] in ("[", "{") else _from_lines(text)
    except (LabelError, ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{path} is no list of tags that can be read ({error})") from None
    if not names:
        raise ValueError(f"{path} lists no tags")
    return [plain_tag(name) for name in names]


def plain_tag(name: str) -> str:
    r"""``blue_hair`` for ``Blue hair``, ``blue-hair`` and ``blue\_hair``."""
    return re.sub(r"[\s_-]+", "_", name.replace("\\", "").strip().lower())


def _from_json(held: Any) -> list[str]:
    if isinstance(held, list):
        return [str(entry["name"] if isinstance(entry, dict) else entry) for entry in held]
    if isinstance(held, dict) and len(held) == 1 and isinstance(inner := next(iter(held.values())), list | dict):
        return _from_json(inner)
    if (listed := next((held[key] for key in NESTED if isinstance(held.get(key), list | dict)), None)) is not None:
        return _from_json(listed)
    if all(str(key).isdigit() for key in held):
        numbered = {int(key): str(name) for key, name in held.items()}
    else:
        numbered = {int(number): str(name) for name, number in held.items()}
    if sorted(numbered) != list(range(len(numbered))):
        raise ValueError("its numbers do not run from 0 on")
    return [numbered[number] for number in range(len(numbered))]


def _from_lines(text: str) -> list[str]:
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip()]
    for delimiter in (",", ";", "\t"):
        header = next(csv.reader(lines[:1], delimiter=delimiter), [])
        places = [i for wanted in COLUMNS for i, column in enumerate(header) if plain_name(column) == wanted]
        if places and (len(header) > 1 or plain_name(header[0]) in ("name", "tag_name", "tags")):
            rows = csv.reader(io.StringIO("\n".join(lines[1:])), delimiter=delimiter)
            return [row[places[0]] for row in rows]
    if any(delimiter in line for delimiter in (",", ";", "\t") for line in lines):
        raise ValueError(f"no column of it is called {', '.join(COLUMNS[:3])}; found {lines[0][:80]}")
    return lines
