"""Labels from a table, checked against the vocabulary cell by cell; for ingest and the Label page alike.

One column names the picture, every other one is an attribute; an empty cell means unknown. A cell that cannot be used
is left out and named with its row; nothing is dropped silently.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from anime_gen.attributes import Vocabulary
from anime_gen.labels.matching import FILE_NAME, Match, match_names
from anime_gen.labels.spelling import may_agree, parts_of
from anime_gen.labels.table import FILE_COLUMN, LabelError, Row, Table, known_as, read_table, texts_of

UNKNOWN = ("", "null", "none", "?", "na", "n/a", "#n/a", "nan", "<na>", "-", "--", "\u2013", "\u2014", "unknown")

Value = float | str


@dataclass(frozen=True)
class LabelProblem:
    """A cell or row that could not be used. `row` counts lines as an editor does: the first line is 1."""

    row: int
    file: str
    column: str
    value: str
    problem: str

    def __str__(self) -> str:
        named = not self.column or self.problem.startswith(self.column)
        cell = "" if named else f"{self.column} {self.value!r}: "
        return f"row {self.row}, {cell}{self.problem}"


@dataclass
class Labels:
    """Values by attribute and picture name, and all that was wrong."""

    values: dict[str, dict[str, Value]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)  # picture name -> first row that names it
    unknown_columns: list[str] = field(default_factory=list)
    problems: list[LabelProblem] = field(default_factory=list)
    elsewhere: list[tuple[int, str, str]] = field(
        default_factory=list
    )  # rows that name another folder: row, cell, name

    def __len__(self) -> int:
        """How many labels."""
        return sum(map(len, self.values.values()))


def read_labels(data: bytes, labels_name: str, vocabulary: Vocabulary, names: Sequence[str]) -> Labels:
    """Read a table of labels. `names` are all pictures of the source; `labels_name` is where the table lies among them.

    Raises LabelError when the table as a whole cannot be used: no column names the pictures, a column comes twice, no
    row names a picture, or its bytes mean different labels in different code pages.
    """
    found: list[Labels] = []
    failures: list[LabelError] = []
    for text in texts_of(data, labels_name):
        try:
            found.append(_read_text(text, labels_name, vocabulary, names))
        except LabelError as error:
            failures.append(error)
    if not found:
        raise failures[0] if failures else _not_text(data, labels_name)
    most = max(len(labels.rows) for labels in found)
    best = [labels for labels in found if len(labels.rows) == most]
    if any(labels.values != best[0].values for labels in best):
        raise _not_text(data, labels_name)
    return best[0]


def _not_text(data: bytes, labels_name: str) -> LabelError:
    at = next((i for i, byte in enumerate(data) if byte > 127), 0)
    line = data[:at].count(b"\n") + 1
    return LabelError(
        f"{labels_name} is not UTF-8 text (line {line}), and its letters mean different things in different code "
        "pages; save it as CSV with UTF-8"
    )


def _read_text(text: str, labels_name: str, vocabulary: Vocabulary, names: Sequence[str]) -> Labels:
    table = read_table(text, labels_name, vocabulary)
    columns = _columns(table, labels_name, vocabulary)
    known = {place for place, name in columns.items() if name in vocabulary}
    labels = Labels({columns[place]: {} for place in sorted(known)})
    labels.unknown_columns = [name for name in columns.values() if name not in vocabulary]
    rows = list(table.rows(known))
    if rows and not known:
        unknown = describe_unknown_columns(labels.unknown_columns, vocabulary) or "none"
        raise LabelError(f"{labels_name} has no column that is an attribute; its other columns: {unknown}")
    files = [row.cells[table.file_column] if row.cells else "" for row in rows]
    matches = match_names(files, names, "/".join(parts_of(labels_name)[:-1]))
    _settle_rivals(rows, files, matches)
    conflicts: set[tuple[str, str]] = set()
    for row, file in zip(rows, files, strict=True):
        match = matches[file]
        if row.problem or match.name is None:
            column, problem = ("", row.problem) if row.problem else (FILE_COLUMN, match.problem)
            labels.problems.append(LabelProblem(row.line, file, column, file if column else "", problem))
            continue
        labels.rows.setdefault(match.name, row.line)
        if match.looseness[0] == FILE_NAME:
            labels.elsewhere.append((row.line, file, match.name))
        for place in sorted(known):
            if not _is_unknown(row.cells[place], vocabulary[columns[place]].classes):
                cell = LabelProblem(row.line, match.name, columns[place], row.cells[place], "")
                _take_cell(labels, vocabulary, conflicts, cell)
    if rows and names and not labels.rows:
        raise LabelError(_nothing_matches(labels, labels_name, len(rows), names))
    return labels


def _columns(table: Table, labels_name: str, vocabulary: Vocabulary) -> dict[int, str]:
    """The attribute, or else the text, of every column that has one."""
    columns: dict[int, str] = {}
    for place, text in enumerate(table.header):
        if place != table.file_column and text:
            columns[place] = text if text in vocabulary else known_as(text, vocabulary) or text
    twice = sorted({name for name in columns.values() if list(columns.values()).count(name) > 1})
    twice += [FILE_COLUMN] if FILE_COLUMN in columns.values() else []
    if twice:
        raise LabelError(f"{labels_name} has more than one column named {', '.join(twice)}")
    return columns


def _is_unknown(cell: str, classes: Sequence[str]) -> bool:
    return cell.lower() in UNKNOWN and cell not in classes


def _settle_rivals(rows: Sequence[Row], files: Sequence[str], matches: dict[str, Match]) -> None:
    """Of several cells that lead to one picture the strictest match stands; equally loose ones that differ do not."""
    line_of: dict[str, int] = {}
    for row, file in zip(rows, files, strict=True):
        line_of.setdefault(file, row.line)
    rivals: dict[str, list[str]] = {}
    for file, match in matches.items():
        if match.name is not None:
            rivals.setdefault(match.name, []).append(file)
    for name, cells in rivals.items():
        best = min(cells, key=lambda cell: (matches[cell].looseness, line_of[cell]))
        for cell in cells:
            if may_agree(cell, best):
                continue
            problem = f"no such picture; {name} is what row {line_of[best]} names"
            if matches[cell].looseness == matches[best].looseness:
                problem = f"rows {line_of[best]} and {line_of[cell]} would both be {name}"
                matches[best] = Match(None, problem=problem)
            matches[cell] = Match(None, problem=problem)


def _take_cell(labels: Labels, vocabulary: Vocabulary, conflicts: set[tuple[str, str]], cell: LabelProblem) -> None:
    values = labels.values[cell.column]
    try:
        value = vocabulary[cell.column].read(cell.value)
        if values.get(cell.file, value) != value or (cell.column, cell.file) in conflicts:
            conflicts.add((cell.column, cell.file))
            values.pop(cell.file, None)
            raise ValueError(f"row {labels.rows[cell.file]} gives another value; neither is used")
        values[cell.file] = value
    except ValueError as error:
        labels.problems.append(LabelProblem(cell.row, cell.file, cell.column, cell.value, str(error)))


def _nothing_matches(labels: Labels, labels_name: str, rows: int, names: Sequence[str]) -> str:
    first = labels.problems[0]
    near = difflib.get_close_matches(first.file, names[:2000], n=1, cutoff=0.0)
    what = "its only row does not name" if rows == 1 else f"none of its {rows} rows names"
    return (
        f"{labels_name}: {what} a picture of the source. Row {first.row} says {first.file!r} ({first.problem}), while "
        f"a picture there is called {near[0]!r}. Mend the names, or take the table away to go on without labels"
    )


def describe_unknown_columns(columns: Iterable[str], vocabulary: Vocabulary) -> str:
    """One line that names columns outside the vocabulary, with the likeliest meaning of each."""
    parts = []
    for column in columns:
        near = difflib.get_close_matches(column.lower().replace("colour", "color"), list(vocabulary), n=1, cutoff=0.75)
        parts.append(f"{column} (did you mean {near[0]}?)" if near else column)
    return ", ".join(parts)
