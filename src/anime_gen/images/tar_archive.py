"""Pictures in a tar: a plain one is read at any place, a compressed one from front to back."""

import tarfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from anime_gen.images.config import FacesConfig
from anime_gen.images.members import FileWork, Listing, Member, check_member_name, file_works
from anime_gen.images.rejection import Reject, Rejection
from anime_gen.images.tables import MAX_LABELS_BYTES, is_labels, nearer, sort_out
from anime_gen.labels.spelling import readable

_PAX_HEADERS = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
_HEADERS = (*_PAX_HEADERS, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_MAX_HEADER_BYTES = 2**20
_SMALL = 16 * 2**20  # below this no ratio is absurd


class _BoundedTarInfo(tarfile.TarInfo):
    """A member whose extended headers may not fill the memory: tarfile reads them whole, whatever size they claim."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.type in _HEADERS and self.size > _MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"an extended header claims {self.size} bytes")
        result: tarfile.TarInfo = super()._proc_member(archive)  # type: ignore[misc]
        return result


class OpenTar:
    """Reads members of a plain tar by their place in the file."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read from an open archive."""
        self._file = file

    def read(self, member: Member, limit: int) -> bytes:
        """The bytes of `member`; Rejection when they are too many or the archive ends before them."""
        if member.size > limit:
            raise Rejection("too_many_bytes", f"{member.size} bytes, faces.max_bytes is {limit}")
        self._file.seek(member.where[0])
        data = self._file.read(member.size)
        if len(data) < member.size:
            raise Rejection("truncated", "the archive ends inside this file")
        return data


@dataclass(frozen=True)
class TarReader:
    """Opens a plain tar once a batch."""

    path: str

    @contextmanager
    def open(self) -> Iterator[OpenTar]:
        """The open archive."""
        with open(self.path, "rb") as file:
            yield OpenTar(file)


@dataclass(frozen=True)
class CarriedReader:
    """Members of a compressed tar: their bytes travel with the batch, since only the main process reads the stream."""

    carried: dict[str, bytes]

    def open(self) -> AbstractContextManager["CarriedReader"]:
        """Nothing to open."""
        return nullcontext(self)

    def read(self, member: Member, limit: int) -> bytes:
        """The bytes that were carried."""
        if member.size > limit:
            raise Rejection("too_many_bytes", f"{member.size} bytes, faces.max_bytes is {limit}")
        data = self.carried.get(member.name, b"")
        if len(data) < member.size:
            raise Rejection("truncated", "the archive ends inside this file")
        return data


class TarSource:
    """A tar archive, plain or compressed by gzip, bzip2 or xz."""

    def __init__(self, path: Path, identity: dict[str, Any], config: FacesConfig) -> None:
        """Read `path`; limits come from `config`."""
        self._path = path
        self._identity = identity
        self._config = config
        with path.open("rb") as file:
            start = file.read(6)
        self._compressed = start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0"))

    def identity(self) -> dict[str, Any]:
        """The archive's place."""
        return self._identity

    def stamp(self) -> str | None:
        """Size and modification time of the archive: listing a compressed one means unpacking all of it."""
        status = self._path.stat()
        return f"{status.st_size}-{status.st_mtime_ns}"

    def listing(self) -> Listing:
        """Every header; a member's stamp is its size, time and header checksum."""
        entries: list[tuple[Member, str | None]] = []
        tables: dict[str, bytes] = {}  # of a compressed archive nothing can be read again later
        listing = Listing([])
        try:
            for info, archive in self._headers():
                name = readable(info.name)
                stamp = f"{info.size}-{int(info.mtime)}-{info.chksum}"
                entries.append((Member(name, stamp, info.size, (info.offset_data,)), _refusal(info)))
                wanted = is_labels(name) and all(nearer(name, known) for known in tables)
                if wanted and info.size <= MAX_LABELS_BYTES and (content := archive.extractfile(info)) is not None:
                    tables[name] = content.read()
                if len(entries) > self._config.max_members:
                    limit = self._config.max_members
                    raise ValueError(f"{self._path} lists more than faces.max_members = {limit} files")
        except (tarfile.TarError, EOFError, OSError) as error:
            if not entries:
                raise ValueError(f"{self._path} is not a tar archive ({error}); fetch it again") from None
            name = readable(self._path.name)
            listing.rejects.append(Reject(name, "truncated", f"the archive breaks off: {error}"))
        names = Counter(member.name for member, _ in entries)
        for member, refusal in entries:
            reason = refusal or ("duplicate_name" if names[member.name] > 1 else None)
            if reason is not None:
                listing.rejects.append(Reject(member.name, reason, Rejection(reason).detail))
            else:
                listing.members.append(member)
        sort_out(listing, lambda member: tables.get(member.name, b""))
        return listing

    def works(self, pending: Sequence[tuple[int, Member]], batch: int) -> Iterator[FileWork]:
        """Batches; for a compressed archive in the order of the stream, read as they are asked for."""
        if not self._compressed:
            yield from file_works(TarReader(str(self._path)), pending, batch)
            return
        wanted = {member.name: (slot, member) for slot, member in pending}
        slots: list[int] = []
        members: list[Member] = []
        carried: dict[str, bytes] = {}
        for name, data in self._contents(set(wanted)):
            slot, member = wanted.pop(name)
            slots.append(slot)
            members.append(member)
            carried[name] = data
            if len(slots) == batch or sum(map(len, carried.values())) > _SMALL:
                yield FileWork(CarriedReader(carried), slots, members)
                slots, members, carried = [], [], {}
        lost = list(wanted.values())  # the archive broke off before them: they come out as truncated
        slots += [slot for slot, _ in lost]
        members += [member for _, member in lost]
        if slots:
            yield FileWork(CarriedReader(carried), slots, members)

    def _headers(self) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
        """Members in the order of the archive, folders left out; ValueError when it unpacks to an absurd size."""
        bound = max(_SMALL, self._config.max_ratio * self._path.stat().st_size)
        with tarfile.open(self._path, "r|*" if self._compressed else "r:", tarinfo=_BoundedTarInfo) as archive:
            for info in archive:
                archive.members = []  # type: ignore[attr-defined]  # tarfile would keep every header it has seen
                if self._compressed and info.offset_data + info.size > bound:
                    ratio = self._config.max_ratio
                    raise ValueError(f"{self._path} unpacks to more than faces.max_ratio = {ratio} times its size")
                if not info.isdir():
                    yield info, archive

    def _contents(self, names: set[str]) -> Iterator[tuple[str, bytes]]:
        try:
            for info, archive in self._headers():
                name = readable(info.name)
                if name in names and _refusal(info) is None:
                    content = archive.extractfile(info)
                    small = info.size <= self._config.max_bytes
                    yield name, content.read() if content is not None and small else b""
        except (tarfile.TarError, EOFError, OSError):
            return  # the listing has already reported where the archive breaks off


def _refusal(info: tarfile.TarInfo) -> str | None:
    """The reason to refuse a member by its header alone."""
    if info.issym() or info.islnk():
        return "link"
    if not info.isreg() or info.issparse():
        return "special_file"
    try:
        check_member_name(info.name)
    except Rejection as rejection:
        return rejection.reason
    return None
