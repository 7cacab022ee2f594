"""Pictures in a folder and the folders below it."""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anime_gen.images.rejection import REASONS, Reject, Rejection
from anime_gen.images.sources.members import FileWork, Listing, Member, check_size, file_works
from anime_gen.images.sources.tables import sort_out
from anime_gen.labels.spelling import readable


@dataclass(frozen=True)
class FolderReader:
    """Opens files by their real path."""

    root: str

    def open(self) -> AbstractContextManager["FolderReader"]:
        """Nothing to open for the batch."""
        return nullcontext(self)

    def read(self, member: Member, limit: int) -> bytes:
        """The file's bytes; a file larger than `limit` is not read."""
        check_size(member.size, limit)
        try:
            with open(os.path.join(self.root, member.where[0]), "rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            raise Rejection("unreadable", error.strerror or type(error).__name__) from None
        check_size(len(data), limit)  # it may have grown
        return data


class FolderSource:
    """A folder. Files stay where they are; links to folders are not followed (they may run in circles)."""

    def __init__(self, root: Path, identity: dict[str, Any], max_files: int) -> None:
        """Read below `root`; `identity` names the source in the store's key."""
        self._root = root
        self._identity = identity
        self._max_files = max_files

    def identity(self) -> dict[str, Any]:
        """The folder (or the Kaggle handle it was downloaded from)."""
        return self._identity

    def stamp(self) -> str | None:
        """A folder tells of changes only by its listing."""
        return None

    def listing(self) -> Listing:
        """Files by name; size and modification time are the stamp. ValueError beyond `faces.max_members`."""
        listing = Listing([])
        for raw, entry in _walk(str(self._root), ""):
            if listing.seen >= self._max_files:
                raise ValueError(f"{self._root} holds more than faces.max_members = {self._max_files} files")
            name = readable(raw)
            if entry is None:
                listing.rejects.append(Reject(name, "unreadable", "the folder cannot be read"))
                continue
            try:
                status = entry.stat()
            except OSError:
                listing.rejects.append(Reject(name, "link", "a link that leads nowhere"))
                continue
            if entry.is_symlink() and stat.S_ISDIR(status.st_mode):
                listing.rejects.append(Reject(name, "link", "a link to a folder is not followed"))
            elif not stat.S_ISREG(status.st_mode):
                listing.rejects.append(Reject(name, "special_file", REASONS["special_file"]))
            else:
                stamp = f"{status.st_size}-{status.st_mtime_ns}"
                listing.members.append(Member(name, stamp, status.st_size, (raw,)))
        sort_out(listing, lambda member: (self._root / member.where[0]).read_bytes())
        return listing

    def works(self, pending: Sequence[tuple[int, Member]], batch: int) -> Iterator[FileWork]:
        """Batches in slot order."""
        return file_works(FolderReader(str(self._root)), pending, batch)


def _walk(root: str, below: str) -> Iterator[tuple[str, os.DirEntry[str] | None]]:
    """(path relative to the root, entry) of all but real folders, sorted within each; None for an unreadable folder."""
    try:
        with os.scandir(os.path.join(root, below)) as entries:
            found = sorted(entries, key=lambda entry: (entry.is_dir(follow_symlinks=False), entry.name))
    except OSError:
        yield below or ".", None
        return
    for entry in found:
        relative = f"{below}/{entry.name}" if below else entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(root, relative)
        else:
            yield relative, entry
