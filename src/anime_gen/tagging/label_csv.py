"""Labels as a table a person can edit: one row a picture, one column an attribute, read with every problem named."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from anime_gen.attributes import Vocabulary
from anime_gen.images.files import write_atomically
from anime_gen.tagging.labels import LabelStore, Signature
from anime_gen.tagging.targets import LabelError

KEY = "file"
EMPTY = ("", "null", "none", "?")


@dataclass(frozen=True)
class CsvLabel:
    """One filled cell: row number as an editor shows it (the header is row 1)."""

    row: int
    picture: str
    attribute: str
    value: float | str


def names_of(face_index: pd.DataFrame) -> dict[str, str]:
    """Picture ids by what a person may call them: the source's file name, or the id itself."""
    ids = [str(value) for value in face_index["id"]]
    names = dict(zip(ids, ids, strict=True))
    if "source_name" in face_index:
        names |= dict(zip(map(str, face_index["source_name"]), ids, strict=True))
    return names


def read_csv(text: str, vocabulary: Vocabulary, names: Mapping[str, str]) -> list[CsvLabel]:
    """Every label of the table; LabelError lists every problem with its row, and then nothing is read.

    Problems: an unknown column, a file that is not in the set, a value the vocabulary does not allow (NaN, unknown
    class, out of range), a picture that comes twice with different values. An empty cell says nothing.
    """
    rows = list(csv.reader(io.StringIO(text)))
    header = [cell.strip() for cell in rows[0]] if rows else []
    problems = _header_problems(header, vocabulary)
    if problems:
        raise LabelError("\n".join(problems))
    found: dict[tuple[str, str], CsvLabel] = {}
    for number, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            problems.append(f"row {number}: {len(cells)} cells, the header has {len(header)}")
            continue
        _read_row(number, dict(zip(header, cells, strict=True)), vocabulary, names, found, problems)
    if problems:
        raise LabelError("labels not read; mend these rows and try again:\n" + "\n".join(problems))
    return list(found.values())


def _header_problems(header: list[str], vocabulary: Vocabulary) -> list[str]:
    if KEY not in header:
        return [f"row 1: the first line must name the columns, among them {KEY!r} (the picture's file name)"]
    unknown = [name for name in header if name != KEY and name not in vocabulary]
    twice = sorted({name for name in header if header.count(name) > 1})
    return [f"row 1: unknown column {n!r}; attributes are {', '.join(vocabulary)}" for n in unknown] + [
        f"row 1: column {name!r} comes twice" for name in twice
    ]


def _read_row(
    number: int,
    cells: Mapping[str, str],
    vocabulary: Vocabulary,
    names: Mapping[str, str],
    found: dict[tuple[str, str], CsvLabel],
    problems: list[str],
) -> None:
    picture = names.get(cells[KEY].strip())
    if picture is None:
        problems.append(f"row {number}: there is no picture {cells[KEY].strip()!r} in this set")
        return
    for name in (n for n in cells if n != KEY and cells[n].strip().lower() not in EMPTY):
        try:
            label = CsvLabel(number, picture, name, vocabulary[name].read(cells[name].strip()))
        except ValueError as error:
            problems.append(f"row {number}: {error}")
            continue
        before = found.setdefault((picture, name), label)
        if before.value != label.value:
            problems.append(
                f"row {number}: {cells[KEY].strip()} has {name} = {label.value}; row {before.row} says {before.value}"
            )


def import_csv(
    text: str, vocabulary: Vocabulary, names: Mapping[str, str], store: LabelStore, by: Signature, replace: bool = False
) -> int:
    """Append every label of a table to the store, all or none; returns how many were new.

    A label that contradicts a standing answer is a problem, unless ``replace`` says that the table knows better.
    """
    labels = read_csv(text, vocabulary, names)
    standing = store.values(vocabulary)
    fresh, problems = [], []
    for label in labels:
        old = standing.get(label.attribute, {}).get(label.picture)
        same = old is not None and vocabulary[label.attribute].read(old.value) == label.value
        if old is None or (replace and not same):
            fresh.append((label.attribute, label.picture, label.value))
        elif not same:
            problems.append(
                f"row {label.row}: {label.attribute} = {label.value}, but {old.who} said {old.value} on {old.at[:10]}"
            )
    if problems:
        raise LabelError("labels not read; they contradict answers (tick replace to overrule):\n" + "\n".join(problems))
    store.answer_each(fresh, by)
    return len(fresh)


def export_csv(vocabulary: Vocabulary, face_index: pd.DataFrame, store: LabelStore) -> str:
    """All standing answers as a table that ``import_csv`` reads; only pictures and attributes with an answer."""
    values = store.values(vocabulary)
    columns = [name for name in vocabulary if name in values]
    called = {picture: name for name, picture in names_of(face_index).items()}
    pictures = [p for p in map(str, face_index["id"]) if any(p in values[name] for name in columns)]
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow([KEY, *columns])
    for picture in pictures:
        answers = [values[name].get(picture) for name in columns]
        writer.writerow([called[picture], *("" if a is None else a.value for a in answers)])
    return lines.getvalue()


def save_csv(path: Path, vocabulary: Vocabulary, face_index: pd.DataFrame, store: LabelStore) -> None:
    """``export_csv`` into a file."""
    text = export_csv(vocabulary, face_index, store)
    write_atomically(path, lambda file: file.write(text.encode()))
