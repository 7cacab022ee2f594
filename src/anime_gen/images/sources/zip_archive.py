"""Pictures in a zip, read in place: nothing is unpacked to disk, so no name can escape and no link can be planted."""

import bz2
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from anime_gen.images.config import FacesConfig
from anime_gen.images.rejection import Reject, Rejection
from anime_gen.images.sources.archive import ArchiveSource
from anime_gen.images.sources.members import Listing, Member, check_member_name, check_size
from anime_gen.images.sources.tables import sort_out
from anime_gen.labels.spelling import readable

_LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, lengths of the name and of the extra field
_SMALL = 64 * 1024  # below this no ratio is absurd


def _unpack_lzma(data: bytes, most: int) -> bytes:
    """At most `most` bytes of an entry packed by LZMA; the format is in section 5.8 of the zip specification."""
    properties = data[4 : 4 + int.from_bytes(data[2:4], "little")]
    rest, literal_context = divmod(properties[0], 9)
    position, literal_position = divmod(rest, 5)
    window = min(int.from_bytes(properties[1:5], "little"), most)  # nothing lies further back than the entry is long
    filters = {"id": lzma.FILTER_LZMA1, "lc": literal_context, "lp": literal_position, "pb": position}
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[filters | {"dict_size": max(window, 4096)}])
    return unpacker.decompress(data[4 + len(properties) :], most)


_UNPACK: dict[int, Callable[[bytes, int], bytes]] = {
    zipfile.ZIP_STORED: lambda data, most: data[:most],
    zipfile.ZIP_DEFLATED: lambda data, most: zlib.decompressobj(-15).decompress(data, most),
    zipfile.ZIP_BZIP2: lambda data, most: bz2.BZ2Decompressor().decompress(data, most),
    zipfile.ZIP_LZMA: _unpack_lzma,
}
"""What gives at most so many bytes of an entry, by how it is packed."""
_NAMES_OF_OTHERS = {9: "Deflate64", 93: "Zstandard", 95: "XZ", 98: "PPMd"}


class OpenZip:
    """Reads members by their place in the file, as the central directory stated it."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read from an open archive."""
        self._file = file

    def read(self, member: Member, limit: int) -> bytes:
        """Unpack at most `limit` bytes and check the checksum. The packed side is bounded too."""
        offset, packed, method, checksum = member.where
        check_size(max(member.size, packed - _SMALL), limit)
        self._file.seek(offset)
        header = self._file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\3\4"):
            raise Rejection("corrupt", "no local header where the directory says")
        _, name_bytes, extra_bytes = _LOCAL_HEADER.unpack(header)
        self._file.seek(name_bytes + extra_bytes, os.SEEK_CUR)
        data = self._file.read(packed)
        try:
            data = _UNPACK[method](data, min(member.size, limit) + 1)
        except (zlib.error, lzma.LZMAError, OSError, ValueError, IndexError, EOFError) as error:
            raise Rejection("corrupt", str(error)) from None
        if len(data) != member.size or zlib.crc32(data) != checksum:
            raise Rejection("checksum")
        return data


class ZipSource(ArchiveSource):
    """A zip archive."""

    def __init__(self, path: Path, identity: dict[str, Any], config: FacesConfig) -> None:
        """Read `path`; limits come from `config`."""
        super().__init__(path, identity, config, OpenZip)

    def listing(self) -> Listing:
        """The central directory; a member's stamp is its checksum and size, so that a re-packed archive is no news."""
        try:
            with zipfile.ZipFile(self._path) as archive:
                entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        except (zipfile.BadZipFile, UnicodeError, ValueError) as error:
            raise ValueError(f"{self._path} is not a complete zip archive ({error}); fetch it again") from None
        self._check_count(len(entries))
        names = Counter(entry.filename for entry in entries)
        shared = _overlapping(entries)
        decoded = _names_of(entries)
        listing = Listing([])
        for entry in entries:
            name = readable(decoded[entry.filename])
            try:
                self._check(entry, names, shared)
            except Rejection as rejection:
                listing.rejects.append(Reject(name, rejection.reason, rejection.detail))
                continue
            where = (entry.header_offset, entry.compress_size, entry.compress_type, entry.CRC)
            listing.members.append(Member(name, f"{entry.CRC:08x}-{entry.file_size}", entry.file_size, where))
        sort_out(listing, partial(self._table_by, self._reader))
        return listing

    def _check(self, entry: zipfile.ZipInfo, names: Counter[str], shared: set[int]) -> None:
        check_member_name(entry.filename)
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise Rejection("link")
        if kind not in (0, stat.S_IFREG):
            raise Rejection("special_file")
        if names[entry.filename] > 1:
            raise Rejection("duplicate_name")
        if entry.header_offset in shared:
            raise Rejection("overlap")
        if entry.flag_bits & 1:
            raise Rejection("encrypted")
        if (method := entry.compress_type) not in _UNPACK:
            name = _NAMES_OF_OTHERS.get(method, f"method {method}")
            raise Rejection("compression", f"packed by {name}; unpack it and set source.kind=folder")
        if entry.file_size > max(_SMALL, self._config.max_ratio * entry.compress_size):
            raise Rejection("ratio", f"{entry.compress_size} bytes claim to hold {entry.file_size}")


def _names_of(entries: list[zipfile.ZipInfo]) -> dict[str, str]:
    """Names as their writer meant them: many write UTF-8 without the flag that says so, which then reads as CP437."""
    unmarked = {entry.filename for entry in entries if not entry.flag_bits & 0x800 and not entry.filename.isascii()}
    names = {entry.filename: entry.filename for entry in entries}
    with suppress(UnicodeError):  # else an old code page: the table of labels is matched in spite of it
        names |= {name: name.encode("cp437").decode("utf-8") for name in unmarked}
    return names if len(set(names.values())) == len(names) else dict(zip(names, names, strict=True))


def _overlapping(entries: list[zipfile.ZipInfo]) -> set[int]:
    """Header offsets of members that share bytes: how one block of zeros is made to unpack a thousand times."""
    shared: set[int] = set()
    end, owner = -1, -1
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            shared |= {owner, entry.header_offset}
        reach = entry.header_offset + 30 + entry.compress_size  # the name and extra field only add to it
        if reach > end:
            end, owner = reach, entry.header_offset
    return shared
