"""The text inside a PNG, in every form that programs write it: tEXt, zTXt, iTXt, plain or compressed.

The picture is never decoded: a stranger's file costs only a walk over its chunks, and unpacking stops at a limit.
"""

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 10_000
TEXT_CHUNKS = (b"tEXt", b"zTXt", b"iTXt")


class PngTextError(ValueError):
    """No PNG, a damaged one, or text in it that cannot be read; the message is a sentence for the artist."""


def text_of(png: bytes, keyword: str, limit: int) -> str | None:
    """The first text of this keyword, None if there is none; at most `limit` bytes of it are unpacked."""
    if not png.startswith(SIGNATURE):
        raise PngTextError("This is not a PNG file. Only PNG pictures downloaded from this page carry a recipe.")
    for kind, data, checksum in _chunks(png):
        if kind in TEXT_CHUNKS and data.startswith(keyword.encode("latin-1") + b"\0"):
            if zlib.crc32(kind + data) != checksum:
                raise PngTextError("The recipe in this PNG is damaged (checksum). Fetch or download it again.")
            return READERS[kind](data[len(keyword) + 1 :], limit)
    return None


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Kind, content and checksum of each chunk; unchecked, for what other programs left may be damaged."""
    place = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        if place + 12 > len(png):
            raise PngTextError("The PNG file is cut short: fetch or download it again.")
        (length,) = struct.unpack_from(">I", png, place)
        kind, start = png[place + 4 : place + 8], place + 8
        if start + length + 4 > len(png):
            raise PngTextError("The PNG file is cut short: fetch or download it again.")
        data = png[start : start + length]
        (checksum,) = struct.unpack_from(">I", png, start + length)
        yield kind, data, checksum
        if kind == b"IEND":
            return
        place = start + length + 4


def _plain(data: bytes, limit: int) -> str:
    """tEXt: Latin-1 (PNG, section 11.3.3.2). Ours is ASCII; some programs write UTF-8 all the same."""
    return _decoded(_short(data, limit))


def _compressed(data: bytes, limit: int) -> str:
    """zTXt: a method byte, then a zlib stream (section 11.3.3.3)."""
    if not data or data[0] != 0:
        raise PngTextError("The recipe in this PNG is packed in a way that no standard knows.")
    return _decoded(_unpacked(data[1:], limit))


def _international(data: bytes, limit: int) -> str:
    """iTXt: flag, method, language, translated keyword, UTF-8, perhaps packed (section 11.3.3.4)."""
    parts = data[2:].split(b"\0", 2)
    if len(data) < 2 or len(parts) != 3 or data[0] not in (0, 1) or (data[0] and data[1] != 0):
        raise PngTextError("The recipe in this PNG is malformed or cut short.")
    return _decoded(_unpacked(parts[2], limit) if data[0] else _short(parts[2], limit))


READERS = {b"tEXt": _plain, b"zTXt": _compressed, b"iTXt": _international}


def _short(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise PngTextError(f"The recipe in this PNG is longer than {limit:,} bytes: this page never writes such a one.")
    return data


def _unpacked(data: bytes, limit: int) -> bytes:
    """Unpacked up to the limit: a few kilobytes may claim to hold gigabytes."""
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data, limit + 1)
    except zlib.error as error:
        raise PngTextError("The packed recipe in this PNG is damaged. Fetch or download it again.") from error
    if not stream.eof and len(content) <= limit:
        raise PngTextError("The packed recipe in this PNG is cut short. Fetch or download it again.")
    return _short(content, limit)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PngTextError("The recipe in this PNG is not UTF-8 text.") from error
