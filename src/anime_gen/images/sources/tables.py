"""Which files of a source are no pictures by their very names: tables, notes, and what the system keeps beside them."""

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from anime_gen.images.rejection import REASONS, Reject
from anime_gen.images.sources.members import Listing, Member

MAX_LABELS_BYTES = 512 * 2**20
_TABLES = (".csv", ".tsv", ".tab")
_NOTES = (".jsonl", ".json", ".txt", ".md")  # what programs and people leave beside pictures
_DATA = (*_NOTES, ".yaml", ".yml", ".xml", ".parquet", ".sqlite", ".db", ".pkl", ".gz", ".bz2", ".xz", ".zip", ".7z")
_SPREADSHEETS = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers")
_LABELS = re.compile(r"labels(\.csv|\.tsv|\.tab)+(\.txt)?")  # where endings are not shown, some are written twice
_ABOUT_LABELS = ("label", "annotation", "metadata", "attributes")
_SYSTEM_FOLDERS = ("__macosx", "@eadir")
_SYSTEM_FILES = ("thumbs.db", "desktop.ini")


def is_labels(name: str) -> bool:
    """Whether a file is a table of labels: `labels.csv` or `labels.tsv` in any folder, in any case."""
    return _LABELS.fullmatch(_path(name).name) is not None and not is_system(name)


def is_system(name: str) -> bool:
    """Whether a file is hidden, lies in a hidden folder, or is what macOS, Windows or a disk station leaves behind."""
    parts = PurePosixPath(name.lower()).parts  # a backslash may be half of a letter: no folder begins there
    hidden = any(part.startswith(".") and part != ".." for part in parts)
    return hidden or parts[-1] in _SYSTEM_FILES or any(part in _SYSTEM_FOLDERS for part in parts)


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(name.lower().replace("\\", "/"))


def _nearer(name: str, known: str) -> bool:
    """Whether one table of labels goes before another: the one nearest the top, then by name."""
    return (len(_path(name).parts), name.lower(), name) < (len(_path(known).parts), known.lower(), known)


def not_a_picture(name: str) -> Reject | None:
    """Why a file is left out by its name alone, or None; what merely calls itself a picture is told by its content."""
    path = _path(name)
    if is_system(name):
        return Reject(name, "system", REASONS["system"])
    if path.suffix in _DATA and path.name.startswith(_ABOUT_LABELS):
        return Reject(name, "table", "if it holds labels, save them as labels.csv, with a column called file")
    if path.suffix in _TABLES:
        return Reject(name, "table", REASONS["table"])
    if path.suffix in _NOTES:
        return Reject(name, "notes", REASONS["notes"])
    if path.suffix in _SPREADSHEETS:
        return Reject(name, "table", "a spreadsheet; save it as labels.csv (CSV with UTF-8) beside the pictures")
    return None


def sort_out(listing: Listing, read: Callable[[Member], bytes]) -> None:
    """Take what is no picture out of `listing.members`, and the table of labels nearest the top into `labels`.

    `read` gives the bytes of that one table; ValueError when it is absurdly large or no table can be read.
    """
    tables = [member for member in listing.members if is_labels(member.name)]
    chosen = tables[0] if tables else None
    for table in tables[1:]:
        chosen = table if chosen is None or _nearer(table.name, chosen.name) else chosen
    if chosen is not None:
        if chosen.size > MAX_LABELS_BYTES:
            raise ValueError(f"{chosen.name} is larger than {MAX_LABELS_BYTES} bytes; is it really a table of labels?")
        listing.labels, listing.labels_name = read(chosen), chosen.name
    elif (lost := next((reject for reject in listing.rejects if is_labels(reject.name)), None)) is not None:
        raise ValueError(f"{lost.name} cannot be read: {lost.detail}. Mend it, or take it away to go on without labels")
    pictures: list[Member] = []
    for member in listing.members:
        if is_labels(member.name):
            if member is not chosen:
                listing.rejects.append(Reject(member.name, "second_table", REASONS["second_table"]))
        elif (reject := not_a_picture(member.name)) is not None:
            listing.rejects.append(reject)
        else:
            pictures.append(member)
    listing.members = sorted(pictures)
