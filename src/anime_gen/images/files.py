"""Writing files so that a reader, or a process killed at any moment, sees either the old content or the new."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A sibling to write to, which at the end is forced to disk and renamed over `path`, or removed on an error."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with naming(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            sync(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        sync(path.parent)


def write_atomically(path: Path, write: Callable[[IO[bytes]], Any]) -> None:
    """Let `write` fill what then takes the place of `path`."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        write(file)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """An OSError inside names `path`, if it names nothing itself; a full disk is said to be one."""
    try:
        yield
    except DiskFullError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(path) from error
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


class DiskFullError(OSError):
    """No room; ends a command in one sentence."""


def disk_full(path: Path, detail: str = "") -> DiskFullError:
    """What to raise when there is no room for `path`."""
    words = f"the disk is full{f' ({detail})' if detail else ''}: free some space and run the same command again"
    return DiskFullError(errno.ENOSPC, f"{words}; what is finished is kept", str(path))


def file_sha256(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Force a file's content, or the names in a folder, to disk: a rename is durable only then."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
