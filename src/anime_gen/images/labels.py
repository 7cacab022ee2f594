"""labels.csv: what people state about pictures, checked against the vocabulary cell by cell.

The column `file` names the picture, every other column is an attribute of the vocabulary; an empty cell means unknown.
A wrong cell is left out and named with its row; nothing is dropped silently.
"""

import csv
import difflib
import io
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

FILE_COLUMN = "file"
_TRUTH = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0, "no": 0.0, "yes": 1.0}

Value = float | str
Vocabulary = Mapping[str, Mapping[str, Any]]  # attribute name -> kind, low, high, classes; see `label_rules`
KINDS = ("continuous", "binary", "categorical", "cyclic")


@dataclass(frozen=True)
class LabelProblem:
    """A cell or row that could not be used. `row` counts lines as a spreadsheet does: the header is row 1."""

    row: int
    file: str
    column: str
    value: str
    problem: str


@dataclass
class Labels:
    """Values by attribute and picture name, and all that was wrong."""

    values: dict[str, dict[str, Value]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)  # picture name -> first row that names it
    unknown_columns: list[str] = field(default_factory=list)
    problems: list[LabelProblem] = field(default_factory=list)


def label_rules(attributes: Any) -> dict[str, dict[str, Any]]:
    """What decides whether a label is right, as plain data: {attribute: {kind, low, high, classes}}.

    `attributes` maps names to entries of the `attributes` parameter, as mappings or as objects with those fields.
    Raises ValueError for an entry that no label could be checked against.
    """
    rules: dict[str, dict[str, Any]] = {}
    for name, entry in attributes.items():
        get = (
            entry.get if isinstance(entry, Mapping) else lambda key, default, entry=entry: getattr(entry, key, default)
        )
        kind = get("kind", None)
        if kind not in KINDS:
            raise ValueError(f"attributes.{name}.kind must be one of {', '.join(KINDS)}; got {kind!r}")
        classes = [str(label) for label in get("classes", None) or ()]
        if kind == "categorical" and not classes:
            raise ValueError(f"attributes.{name} is categorical and needs classes")
        high = get("high", 360.0 if kind == "cyclic" else 1.0)
        rules[name] = {"kind": kind, "low": float(get("low", 0.0)), "high": float(high), "classes": classes}
    return rules


def parse_value(text: str, attribute: Mapping[str, Any]) -> Value:
    """The value of a cell by the rules of its attribute; ValueError says what is allowed."""
    kind, low, high, classes = (attribute[key] for key in ("kind", "low", "high", "classes"))
    if kind == "categorical":
        if text not in classes:
            near = difflib.get_close_matches(text.lower(), classes, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"not one of {', '.join(classes)}{hint}")
        return text
    if kind == "binary":
        if text.lower() not in _TRUTH:
            raise ValueError("must be 0 or 1")
        return _TRUTH[text.lower()]
    try:
        number = float(text)
    except ValueError:
        raise ValueError("not a number") from None
    if not math.isfinite(number) or not low <= number <= high:
        raise ValueError(f"must lie in {low:g}..{high:g}")
    return number % 360.0 if kind == "cyclic" else number


def read_labels(data: bytes, labels_name: str, vocabulary: Vocabulary, names: Iterable[str]) -> Labels:
    """Parse labels.csv. `names` are all pictures of the source; `labels_name` is where the file lay among them.

    Raises ValueError only when the file as a whole cannot be used: not UTF-8, no `file` column, a column twice.
    """
    rows = _rows(data, labels_name)
    header = [column.strip() for column in next(rows, (1, []))[1]]
    _check_header(header, labels_name)
    known = [column for column in header if column in vocabulary]
    unknown = [column for column in header if column not in vocabulary and column != FILE_COLUMN]
    labels = Labels({column: {} for column in known}, unknown_columns=unknown)
    find = _NameFinder(names, PurePosixPath(labels_name).parent)
    conflicts: set[tuple[str, str]] = set()
    for row, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        entry = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        file = entry.get(FILE_COLUMN, "")
        if len(cells) != len(header):
            problem = f"{len(cells)} cells under {len(header)} columns"
            labels.problems.append(LabelProblem(row, file, "", "", problem))
            continue
        name = find(file)
        if name is None:
            labels.problems.append(
                LabelProblem(row, file, FILE_COLUMN, file, "no such picture, or several of this name")
            )
            continue
        labels.rows.setdefault(name, row)
        for column in known:
            if entry[column]:
                _take_cell(labels, vocabulary[column], conflicts, LabelProblem(row, name, column, entry[column], ""))
    return labels


def _take_cell(
    labels: Labels, attribute: Mapping[str, Any], conflicts: set[tuple[str, str]], cell: LabelProblem
) -> None:
    values = labels.values[cell.column]
    try:
        value = parse_value(cell.value, attribute)
        if values.get(cell.file, value) != value or (cell.column, cell.file) in conflicts:
            conflicts.add((cell.column, cell.file))
            values.pop(cell.file, None)
            raise ValueError(f"row {labels.rows[cell.file]} gives another value; neither is used")
        values[cell.file] = value
    except ValueError as error:
        labels.problems.append(LabelProblem(cell.row, cell.file, cell.column, cell.value, str(error)))


def _rows(data: bytes, labels_name: str) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of every record."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{labels_name} is not UTF-8 text ({error}); save it as CSV with UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise ValueError(f"{labels_name}, line {reader.line_num}: {error}") from None


def _check_header(header: list[str], labels_name: str) -> None:
    if FILE_COLUMN not in header:
        found = ", ".join(header) or "nothing"
        raise ValueError(
            f"{labels_name} needs a column named {FILE_COLUMN!r} with the names of the pictures; found {found}"
        )
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        raise ValueError(f"{labels_name} has more than one column named {', '.join(twice)}")


class _NameFinder:
    """Finds the picture that a cell names: as listed, beside labels.csv, or by a file name that occurs once."""

    def __init__(self, names: Iterable[str], folder: PurePosixPath) -> None:
        self._names = set(names)
        self._folder = folder
        self._by_file: dict[str, str | None] = {}
        for name in self._names:
            file = PurePosixPath(name).name
            self._by_file[file] = None if file in self._by_file else name

    def __call__(self, cell: str) -> str | None:
        text = cell.replace("\\", "/").removeprefix("./")
        for candidate in (text, str(self._folder / text)):
            if candidate in self._names:
                return candidate
        return self._by_file.get(text) if "/" not in text else None


def describe_unknown_columns(columns: list[str], vocabulary: Vocabulary) -> str:
    """One line that names columns outside the vocabulary, with the likeliest meaning of each."""
    parts = []
    for column in columns:
        near = difflib.get_close_matches(column.lower().replace("colour", "color"), list(vocabulary), n=1, cutoff=0.75)
        parts.append(f"{column} (did you mean {near[0]}?)" if near else column)
    return ", ".join(parts)
