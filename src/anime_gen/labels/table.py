"""Tables as spreadsheets, label tools and scripts write them: lines of cells under a header that names the pictures.

Recognised: UTF-8 and UTF-16 with or without a mark, old code pages, commas, semicolons, tabs and bars, a `sep=` line,
comments and a title before the header, every end of line, empty columns, short rows. What stays doubtful is named
with its line.
"""

import csv
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from anime_gen.signatures import START, kind_of, stand_in

FILE_COLUMN = "file"
FILE_COLUMNS = (
    *(FILE_COLUMN, "file_name", "file_path", "image", "image_name", "image_file", "image_path", "img", "img_name"),
    *("img_path", "picture", "path"),
)
# where there is none of those
OTHER_FILE_COLUMNS = ("image_id", "img_id", "image_url", "img_url", "photo", "fname", "basename")
DELIMITERS = (",", ";", "\t", "|")
QUOTES = ('"', "'")
CODE_PAGES = ("cp932", "gb18030", "cp949", "big5", "cp1252", "cp1251", "cp1250", "mac_roman", "cp850")
_SINGLE_BYTE = ("cp1252", "cp1251", "cp1250", "mac_roman", "cp850")
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SPREADSHEETS = ("zip", "Office")  # as they are packed inside
_HOLD = {"picture": "a picture", "film": "a film", "archive": "a packed file"}
_OTHER_TEXTS = (("{", "JSON"), ("[{", "JSON"), ("[\n", "JSON"), ("<", "a page of markup"))
_LINE_END = re.compile(r"\r\n|\r|\n")
_FORMULA = re.compile(r'="(.*)"$')  # what keeps a spreadsheet from counting: ="00012"
_PICTURE = re.compile(r"\.(png|jpe?g|webp|gif|bmp|tiff?|avif)\b", re.IGNORECASE)
_SEP_LINE = re.compile(r"""^["']?sep=(.)["']?[,;\t|\s]*$""", re.IGNORECASE)
_NOTHING = " \t\0\x1a\ufeff\u200b\xa0"  # what shows nothing; \x1a ends a file of old systems
_TITLE_LINES = 20  # lines before the header that may hold a title or comments


class LabelError(ValueError):
    """Labels that cannot be used; the message names the table, the line and the cause."""


class Row(NamedTuple):
    """A record: the line it begins on (the first line of the file is 1), its cells, and why it cannot be used."""

    line: int
    cells: list[str]
    problem: str = ""


@dataclass(frozen=True)
class Table:
    """A header and the lines below it; `file_column` is the place of the pictures' names."""

    header: list[str]
    file_column: int
    lines: list[str]
    first: int  # index of the first line after the header
    delimiter: str
    quote: str

    def rows(self, plain: Iterable[int]) -> Iterator[Row]:
        """All records that say anything, as wide as the header. A cell in a `plain` column holds no line break."""
        plain = set(plain) | {self.file_column}
        at = self.first
        while at < len(self.lines):
            cells, used, problem = self._record(at, plain)
            if any(cells) or problem:
                yield self._fitted(at, cells, problem)
            at += used

    def _fitted(self, at: int, cells: list[str], problem: str) -> Row:
        width = len(self.header)
        if len(cells) > width and not problem:
            escaped = _parsed([self.lines[at]], self.delimiter, self.quote, escape="\\")
            cells = escaped[0] if escaped is not None and len(escaped[0]) == width else cells
        while len(cells) > width and not cells[-1]:
            cells.pop()
        if len(cells) > width and not problem:
            problem = f"{len(cells)} cells under {width} columns"
        return Row(at + 1, cells + [""] * (width - len(cells)), problem)

    def _record(self, at: int, plain: set[int]) -> tuple[list[str], int, str]:
        """Cells of the record that begins on a line, how many lines it takes, and what is wrong with it."""
        line = self.lines[at]
        if self.quote not in line:
            return [_clean(cell) for cell in line.split(self.delimiter)], 1, ""
        rest = map(self.lines.__getitem__, range(at, len(self.lines)))
        found = _parsed(rest, self.delimiter, self.quote)
        if found is not None and (found[1] == 1 or self._may_take_lines(found[0], plain)):
            return _unwrapped(found[0], self.delimiter, self.quote), found[1], ""
        mended = self._without_stray_quote(line)
        if mended is not None:
            return mended, 1, ""
        return [_clean(line.split(self.delimiter)[0].strip(self.quote))], 1, f"a stray {self.quote} in this line"

    def _may_take_lines(self, cells: list[str], plain: set[int]) -> bool:
        """Whether line breaks inside cells are meant: in notes, and not where a lost quotation mark joined rows."""
        if len(cells) > len(self.header) or any("\n" in cell for i, cell in enumerate(cells) if i in plain):
            return False
        inner = [line for cell in cells for line in cell.split("\n")[1:]]
        return all(line.count(self.delimiter) < len(self.header) - 1 for line in inner)

    def _without_stray_quote(self, line: str) -> list[str] | None:
        """The cells that the line has without one of its quotation marks, if that is certain."""
        places = [place for place, char in enumerate(line) if char == self.quote][:16]
        tries = (_parsed([line[:place] + line[place + 1 :]], self.delimiter, self.quote) for place in places)
        found = {tuple(cells) for cells, _ in filter(None, tries) if len(cells) == len(self.header)}
        return list(found.pop()) if len(found) == 1 else None


def _parsed(
    lines: Iterable[str], delimiter: str, quote: str, escape: str | None = None
) -> tuple[list[str], int] | None:
    """The first record of `lines` and how many lines it takes; None where its quotation marks do not pair."""
    reader = csv.reader(
        (line + "\n" for line in lines),
        delimiter=delimiter,
        quotechar=quote,
        escapechar=escape,
        skipinitialspace=True,
        strict=True,
    )
    try:
        return [_clean(cell) for cell in next(reader, [])], max(1, reader.line_num)
    except csv.Error:
        return None


def _clean(cell: str) -> str:
    plain = cell.strip(_NOTHING) if "\0" not in cell else cell.replace("\0", "").strip(_NOTHING)
    return plain if plain[:1] != "=" else _FORMULA.sub(r"\1", plain)


def _unwrapped(cells: list[str], delimiter: str, quote: str) -> list[str]:
    """The cells of a row that was saved as one quoted cell."""
    if len(cells) != 1 or delimiter not in cells[0]:
        return cells
    inner = _parsed([cells[0]], delimiter, quote)
    return inner[0] if inner is not None else cells


def read_table(text: str, name: str, attributes: Iterable[str]) -> Table:
    """Find the header of a table; `attributes` are columns that cannot hold the pictures' names.

    LabelError when no line names the pictures' column, or several columns may.
    """
    for start, kind in _OTHER_TEXTS:
        if text.lstrip().startswith(start):
            raise LabelError(_another_kind(name, kind))
    lines, taken = _LINE_END.split(text) if _LINE_END.search(text) else text.splitlines(), set(attributes)
    delimiters: tuple[str, ...] = DELIMITERS
    shown = "nothing"
    for at, line in enumerate(lines[: _TITLE_LINES + 1]):
        if not line.strip(_NOTHING + ',;|"'):
            continue
        declared = _SEP_LINE.match(line.strip(_NOTHING))
        if declared:
            delimiters = (declared[1], *DELIMITERS)
            continue
        for start in (line, line.lstrip("# ")) if line.startswith("#") else (line,):
            tables = [
                Table(cells, column, lines, at + 1, delimiter, quote)
                for delimiter in delimiters
                for quote in QUOTES
                if (cells := _header(start, delimiter, quote)) is not None
                and (column := _file_column(cells, taken, name)) is not None
            ]
            if tables:
                return max(tables, key=_likelihood)
        splits = [_header(line, delimiter, '"') or [] for delimiter in delimiters]
        widest = max(splits, key=len)
        if len([cell for cell in widest if cell]) > 1 and not line.startswith("#"):
            ways = itertools.product(delimiters, QUOTES)
            guesses = (_told_by_a_cell(lines, at, delimiter, quote, taken) for delimiter, quote in ways)
            if told := list(filter(None, guesses)):
                return max(told, key=_likelihood)
            shown = ", ".join(widest)
            break
        shown = line.strip(_NOTHING) if shown == "nothing" else shown
    words = shown.replace('"', " ").split()
    parted = len(words) > 1 and _file_column(words, taken, name) is not None
    raise LabelError(
        f"{name} needs a column named {FILE_COLUMN!r} with the names of the pictures in its first line; "
        f"found {shown[:200]}{' (spaces do not part columns: save it with commas)' if parted else ''}"
    )


def _likelihood(table: Table) -> tuple[int, int]:
    """How much a way of reading the header makes of it: cells, and those without a quotation mark left over."""
    return len(table.header), sum(not cell.startswith(QUOTES) for cell in table.header)


def _told_by_a_cell(lines: list[str], at: int, delimiter: str, quote: str, attributes: set[str]) -> Table | None:
    """The table under a header that names attributes and calls its pictures in a way of its own, if one cell tells."""
    below = next((line for line in lines[at + 1 :] if line.strip(_NOTHING + ',;|"')), "")
    header, cells = _header(lines[at], delimiter, quote) or [], _header(below, delimiter, quote) or []
    others = [known_as(column, attributes) is None for column in header]
    places = [place for place, cell in enumerate(cells[: len(header)]) if others[place] and _PICTURE.search(cell)]
    if all(others):
        return None
    return Table(header, places[0], lines, at + 1, delimiter, quote) if len(places) == 1 else None


def _another_kind(name: str, kind: str) -> str:
    return f"{name} is {kind}, whatever it is called; save it as CSV with UTF-8"


def _header(line: str, delimiter: str, quote: str) -> list[str] | None:
    found = _parsed([line], delimiter, quote)
    return None if found is None else _unwrapped(found[0], delimiter, quote)


def known_as(column: str, names: Iterable[str]) -> str | None:
    """The one of `names` that a column is called by, whatever its case and whatever stands between its words."""
    return next((name for name in names if _letters(name) == _letters(column)), None)


def _letters(name: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def _file_column(header: list[str], attributes: set[str], name: str) -> int | None:
    if FILE_COLUMN in header:
        return header.index(FILE_COLUMN)
    for wanted in ((FILE_COLUMN,), FILE_COLUMNS, OTHER_FILE_COLUMNS):
        places = [i for i, column in enumerate(header) if known_as(column, wanted) and column not in attributes]
        if len(places) > 1:
            names = " and ".join(header[place] for place in places)
            raise LabelError(
                f"{name}: the columns {names} may each name the pictures; call the right one {FILE_COLUMN}"
            )
        if places:
            return places[0]
    return None


def texts_of(data: bytes, name: str) -> list[str]:
    """The text of a table; several where its bytes are old code pages that only its content can tell apart."""
    if (words := stand_in(data[:START])) is not None:
        raise LabelError(f"{name} is {words}")
    if (kind := kind_of(data[:START])) is not None:
        words = "a spreadsheet" if kind.name in _SPREADSHEETS else _HOLD.get(kind.holds, f"a {kind.name} file")
        raise LabelError(_another_kind(name, words))
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return [_decoded(data, encoding, name)]
    if data[1:8:2] == b"\0" * 4 or data[:8:2] == b"\0" * 4:
        return [_decoded(data, "utf-16-le" if data[0] else "utf-16-be", name)]
    try:
        return [data.decode("utf-8").lstrip("\ufeff")]
    except UnicodeDecodeError:
        pass
    runs = re.findall(rb"[\x80-\xff]+", data)
    western = sum(map(len, runs)) < 2 * len(runs)  # letters with accents stand alone, Asian characters do not
    pages = sorted(CODE_PAGES, key=lambda page: (page in _SINGLE_BYTE) != western)
    return list(dict.fromkeys(text for page in pages if (text := _or_none(data, page)) is not None))


def _decoded(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = data[: error.start].decode(encoding, "ignore").count("\n") + 1
        raise LabelError(
            f"{name} starts as {encoding.upper()} but breaks off from it in line {line}; save it as CSV with UTF-8"
        ) from None


def _or_none(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
