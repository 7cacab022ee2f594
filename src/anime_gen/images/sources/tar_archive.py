"""Pictures in a tar: a plain one is read at any place, a compressed one from front to back."""

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any, Literal

from anime_gen.images.config import FacesConfig
from anime_gen.images.rejection import Reject, Rejection
from anime_gen.images.sources.archive import ArchiveSource
from anime_gen.images.sources.members import FileWork, Listing, Member, check_member_name, check_size
from anime_gen.images.sources.tables import MAX_LABELS_BYTES, sort_out
from anime_gen.labels.spelling import readable

_PAX_HEADERS = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
_HEADERS = (*_PAX_HEADERS, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_MAX_HEADER_BYTES = 2**20
_SMALL = 16 * 2**20  # below this no ratio is absurd
# tarfile's own streams end with the first of several packed parts, as pbzip2 and others make them.
_PACKED: tuple[tuple[bytes, Callable[..., Any]], ...] = (
    (b"\x1f\x8b", gzip.open),
    (b"BZh", bz2.open),
    (b"\xfd7zXZ\0", lzma.open),
    (b"]\0\0", lzma.open),  # the older .lzma
)
_BROKEN = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError)


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
        check_size(member.size, limit)
        self._file.seek(member.where[0])
        data = self._file.read(member.size)
        if len(data) < member.size:
            raise Rejection("truncated", "the archive ends inside this file")
        return data


@dataclass(frozen=True)
class CarriedReader:
    """Members of a compressed tar: their bytes travel with the batch, since only the main process reads the stream."""

    carried: dict[int, bytes]  # by their place in the unpacked stream

    def open(self) -> AbstractContextManager["CarriedReader"]:
        """Nothing to open."""
        return nullcontext(self)

    def read(self, member: Member, limit: int) -> bytes:
        """The bytes that were carried."""
        check_size(member.size, limit)
        data = self.carried.get(member.where[0], b"")
        if len(data) < member.size:
            raise Rejection("truncated", "the archive ends inside this file")
        return data


class TarSource(ArchiveSource):
    """A tar archive, plain or compressed by gzip, bzip2 or xz."""

    def __init__(self, path: Path, identity: dict[str, Any], config: FacesConfig) -> None:
        """Read `path`; limits come from `config`."""
        super().__init__(path, identity, config, OpenTar)
        with path.open("rb") as file:
            start = file.read(6)
        self._unpacked = next((opened for mark, opened in _PACKED if start.startswith(mark)), None)

    def listing(self) -> Listing:
        """Every header; a member's stamp is its size, time and header checksum. A hard link is the file it names."""
        entries: list[tuple[Member, str | None]] = []
        files: dict[str, Member] = {}
        listing = Listing([])
        try:
            for info, _ in self._headers():
                name = readable(info.name)
                stamp = f"{info.size}-{int(info.mtime)}-{info.chksum}"
                member, refusal = Member(name, stamp, info.size, (info.offset_data,)), _refusal(info)
                if info.islnk() and info.linkname in files and refusal is None:
                    member = files[info.linkname]._replace(name=name)
                elif info.islnk():
                    refusal = refusal or "link"
                if refusal is None:
                    files[info.name] = member
                entries.append((member, refusal))
                self._check_count(len(entries))
        except _BROKEN as error:
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
        sort_out(listing, self._table)
        return listing

    def works(self, pending: Sequence[tuple[int, Member]], batch: int) -> Iterator[FileWork]:
        """Batches; for a compressed archive in the order of the stream, read as they are asked for."""
        if self._unpacked is None:
            yield from super().works(pending, batch)
            return
        wanted: dict[int, list[tuple[int, Member]]] = {}
        for slot, member in pending:
            wanted.setdefault(member.where[0], []).append((slot, member))
        slots: list[int] = []
        members: list[Member] = []
        carried: dict[int, bytes] = {}
        for place, data in self._contents(set(wanted), self._config.max_bytes):
            carried[place] = data
            for slot, member in wanted.pop(place):
                slots.append(slot)
                members.append(member)
            if len(slots) >= batch or sum(map(len, carried.values())) > _SMALL:
                yield FileWork(CarriedReader(carried), slots, members)
                slots, members, carried = [], [], {}
        for slot, member in chain.from_iterable(wanted.values()):  # the archive broke off: they come out as truncated
            slots.append(slot)
            members.append(member)
        if slots:
            yield FileWork(CarriedReader(carried), slots, members)

    def _table(self, member: Member) -> bytes:
        """The bytes of a table of labels; a compressed archive is unpacked once more for it."""
        if self._unpacked is None:
            return self._table_by(self._reader, member)
        return self._table_by(CarriedReader(dict(self._contents({member.where[0]}, MAX_LABELS_BYTES))), member)

    def _headers(self) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
        """Members in the order of the archive, folders left out; ValueError when it unpacks to an absurd size."""
        bound = max(_SMALL, self._config.max_ratio * self._path.stat().st_size)
        with ExitStack() as stack:
            file = None if self._unpacked is None else stack.enter_context(self._unpacked(self._path))
            mode: Literal["r:", "r|"] = "r:" if file is None else "r|"
            archive = stack.enter_context(tarfile.open(self._path, mode, file, tarinfo=_BoundedTarInfo))
            for info in archive:
                archive.members = []  # type: ignore[attr-defined]  # tarfile would keep every header it has seen
                if file is not None and info.offset_data + info.size > bound:
                    ratio = self._config.max_ratio
                    raise ValueError(f"{self._path} unpacks to more than faces.max_ratio = {ratio} times its size")
                if not info.isdir():
                    yield info, archive

    def _contents(self, places: set[int], limit: int) -> Iterator[tuple[int, bytes]]:
        """Place and bytes of the files that begin at `places`, in the stream's order; none of more than `limit`."""
        try:
            for info, archive in self._headers():
                place = info.offset_data
                if place in places and info.isreg():
                    places.remove(place)
                    content = archive.extractfile(info) if info.size <= limit else None
                    yield place, b"" if content is None else content.read()
                    if not places:
                        return
        except _BROKEN:
            return  # the listing has already reported where the archive breaks off


def _refusal(info: tarfile.TarInfo) -> str | None:
    """The reason to refuse a member by its header alone."""
    if info.issym():
        return "link"
    if not (info.isreg() or info.islnk()) or info.issparse():
        return "special_file"
    try:
        check_member_name(info.name)
    except Rejection as rejection:
        return rejection.reason
    return None
