"""The SQLite file of a local MLflow store: made whole or not at all, understood when damaged, at home after a move."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

PATIENCE_S = 10.0
ARTIFACTS = "mlruns"
PLACES = ("artifact_location", "artifact_uri", "source", "storage_location")
"""Columns in which MLflow keeps absolute addresses of files."""

FULL = "the disk is full. Free some space and run the same command again; what is finished is kept"


class DatabaseError(OSError):
    """The file cannot be used; the message says why and what to do."""


def prepare(path: Path, make: Callable[[Path], None]) -> None:
    """Bring the file into a state in which MLflow can open it: made if there is none, moved along if it was moved.

    `make(path)` fills a new file. Two processes may call this at the same moment: one makes the file, the other waits.

    Raises `DatabaseError`: locked, damaged, made by a newer MLflow, a folder, or in a place that cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(f"its folder cannot be made ({error}). Check who may write there") from error
    if path.is_dir():
        raise DatabaseError("that is a folder, not a file. Name another file, or move the folder away")
    if not _is_made(path):
        _make_once(path, make)
    _examine(path)
    _move_along(path)


def _is_made(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _make_once(path: Path, make: Callable[[Path], None]) -> None:
    """Fill a file beside and rename it: whatever stops this half-way leaves no half-made tables behind."""
    from filelock import FileLock

    workshop = path.with_name(f"{path.name}.making")
    draft, whole = workshop / "draft.db", workshop / "whole.db"
    try:
        with FileLock(path.with_name(f"{path.name}.lock")):
            if _is_made(path):
                return
            shutil.rmtree(workshop, ignore_errors=True)  # of a process that was killed at this
            workshop.mkdir()
            make(draft)
            with closing(sqlite3.connect(draft)) as old, closing(sqlite3.connect(whole)) as new:
                old.backup(new)
                home = f"{artifacts(path)}/0"
                new.execute("update experiments set artifact_location = ? where experiment_id = 0", (home,))
                new.commit()
            os.replace(whole, path)
            shutil.rmtree(workshop, ignore_errors=True)
    except OSError as error:
        full = error.errno == errno.ENOSPC
        words = FULL if full else f"it cannot be made there ({error}). Check that the folder can be written to"
        raise DatabaseError(words) from error
    except Exception as error:  # SQLite says it in one class, SQLAlchemy in another
        if "disk is full" not in str(error):
            raise
        raise DatabaseError(FULL) from error


def artifacts(path: Path) -> str:
    """Address of the folder where runs of this file keep their pictures and models."""
    return (path.parent / ARTIFACTS).as_uri()


def _examine(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE_S)) as connection:
            (revision,) = connection.execute("select version_num from alembic_version").fetchone() or ("",)
    except sqlite3.OperationalError as error:
        raise DatabaseError(_in_words(error, path)) from error
    except sqlite3.DatabaseError as error:
        raise DatabaseError(_damaged(path, error)) from error
    if revision not in _revisions():
        from importlib.metadata import version

        raise DatabaseError(
            f"it was made by a newer MLflow than the {version('mlflow-skinny')} that is installed. Install that one "
            "(pip install --upgrade mlflow); the file is untouched"
        )


def _in_words(error: sqlite3.OperationalError, path: Path) -> str:
    if "disk is full" in str(error):
        return FULL
    if "locked" in str(error):
        return (
            f"another program has held it for {PATIENCE_S:g} seconds. Close what works in it (`make mlflow`, another "
            "run, a database browser) and run the same command again"
        )
    if "no such table" in str(error):
        return f"its tables are incomplete ({error}). {_set_aside(path)}"
    return f"{error}. Check that the file and its folder can be read and written"


def _damaged(path: Path, error: Exception) -> str:
    return f"the file is damaged ({error}). Restore it from a copy. {_set_aside(path)}"


def _set_aside(path: Path) -> str:
    return (
        f"Without a copy: mv '{path}' '{path}.damaged', and a new one is made. Faces, labels, trained networks and "
        "reports in the data folder are not in this file"
    )


def _revisions() -> set[str]:
    """The states of the tables that the installed MLflow knows, by its migration files."""
    spec = find_spec("mlflow")
    folder = Path(spec.origin).parent / "store" / "db_migrations" / "versions" if spec and spec.origin else Path()
    return {file.name.partition("_")[0] for file in folder.glob("*.py")}


def _move_along(path: Path) -> None:
    """Let the addresses inside follow the file when the project's folder was moved or copied.

    MLflow keeps absolute addresses; without this a moved project would read from, and write into, its old place.
    """
    here = artifacts(path)
    question = (
        "select distinct e.artifact_location from experiments e left join experiment_tags t on t.experiment_id = "
        "e.experiment_id and t.key = 'mlflow.note.content' where t.value is not null or e.experiment_id = 0"
    )
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE_S)) as connection:
            found = [str(row[0]).removesuffix("/0") for row in connection.execute(question)]
            ours = {place for place in found if place.startswith("file:") and place.endswith(f"/{ARTIFACTS}")} - {here}
            moved = {place for place in ours if (path.parent / ARTIFACTS).is_dir() or not _folder(place).is_dir()}
            if not moved:
                return
            columns = _place_columns(connection)
            with connection:
                for old in moved:
                    for table, column in columns:
                        connection.execute(
                            f'update "{table}" set "{column}" = ? || substr("{column}", ?) '
                            f'where "{column}" = ? or substr("{column}", 1, ?) = ?',
                            (here, len(old) + 1, old, len(old) + 1, f"{old}/"),
                        )
    except sqlite3.OperationalError as error:
        raise DatabaseError(_in_words(error, path)) from error


def _folder(address: str) -> Path:
    return Path(url2pathname(urlsplit(address).path))


def _place_columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
    return [
        (table, row[1])
        for table in tables
        for row in connection.execute(f'pragma table_info("{table}")')
        if row[1] in PLACES
    ]
