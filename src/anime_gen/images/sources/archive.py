"""What zips and tars have in common: one file, opened once a batch, whose members are read by their place in it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from anime_gen.images.config import FacesConfig
from anime_gen.images.rejection import Rejection
from anime_gen.images.sources.members import FileWork, Member, OpenReader, Reader, file_works
from anime_gen.images.sources.tables import MAX_LABELS_BYTES


@dataclass(frozen=True)
class ArchiveReader:
    """Opens the archive once a batch; `opened` makes the reader of the open file."""

    path: str
    opened: Callable[[IO[bytes]], OpenReader]

    @contextmanager
    def open(self) -> Iterator[OpenReader]:
        """The open archive."""
        with open(self.path, "rb") as file:
            yield self.opened(file)


class ArchiveSource:
    """An archive on disk; what kind of archive, its heirs know."""

    def __init__(
        self, path: Path, identity: dict[str, Any], config: FacesConfig, opened: Callable[[IO[bytes]], OpenReader]
    ) -> None:
        """Read `path` by `opened`; limits come from `config`."""
        self._path = path
        self._identity = identity
        self._config = config
        self._reader = ArchiveReader(str(path), opened)

    def identity(self) -> dict[str, Any]:
        """The archive's place (or the Kaggle handle it was downloaded from)."""
        return self._identity

    def stamp(self) -> str | None:
        """Size and modification time of the archive: listing a compressed one means unpacking all of it."""
        status = self._path.stat()
        return f"{status.st_size}-{status.st_mtime_ns}"

    def works(self, pending: Sequence[tuple[int, Member]], batch: int) -> Iterator[FileWork]:
        """Batches in slot order."""
        return file_works(self._reader, pending, batch)

    def _check_count(self, files: int) -> None:
        limit = self._config.max_members
        if files > limit:
            raise ValueError(f"{self._path} lists more than faces.max_members = {limit} files")

    def _table_by(self, reader: Reader, member: Member) -> bytes:
        """The bytes of a table of labels."""
        try:
            with reader.open() as archive:
                return archive.read(member, MAX_LABELS_BYTES)
        except Rejection as rejection:
            raise ValueError(f"{self._path}: {member.name} cannot be read: {rejection.detail}") from None
