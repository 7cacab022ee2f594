"""What a file is, told by its first bytes: its name may say anything."""

from typing import Literal, NamedTuple

START = 512
"""Bytes that tell."""


class Kind(NamedTuple):
    """A kind of file: the name of its format, and what such files hold."""

    name: str
    holds: Literal["picture", "film", "archive", "document", "data"]


_SIGNATURES: tuple[tuple[dict[int, bytes], Kind], ...] = (
    ({0: b"\x89PNG"}, Kind("PNG", "picture")),
    ({0: b"\xff\xd8\xff"}, Kind("JPEG", "picture")),
    ({0: b"RIFF", 8: b"WEBP"}, Kind("WebP", "picture")),
    ({0: b"GIF8"}, Kind("GIF", "picture")),
    ({0: b"BM", 6: b"\0\0\0\0"}, Kind("BMP", "picture")),
    ({0: b"II*\0"}, Kind("TIFF", "picture")),
    ({0: b"MM\0*"}, Kind("TIFF", "picture")),
    ({4: b"ftypavi"}, Kind("AVIF", "picture")),
    ({4: b"ftyphe"}, Kind("HEIC", "picture")),
    ({4: b"ftypmif1"}, Kind("HEIC", "picture")),
    ({4: b"ftypmsf1"}, Kind("HEIC", "picture")),
    ({0: b"%!PS"}, Kind("EPS", "picture")),
    ({0: b"\xc5\xd0\xd3\xc6"}, Kind("EPS", "picture")),
    ({0: b"8BPS"}, Kind("PSD", "picture")),
    ({0: b"\xff\x0a"}, Kind("JPEG XL", "picture")),
    ({0: b"\0\0\0\x0cJXL "}, Kind("JPEG XL", "picture")),
    ({0: b"\0\0\0\x0cjP  "}, Kind("JPEG 2000", "picture")),
    ({0: b"gimp xcf"}, Kind("XCF (GIMP)", "picture")),
    ({0: b"CSFCHUNK"}, Kind("CLIP (Clip Studio)", "picture")),
    ({0: b"\x76\x2f\x31\x01"}, Kind("OpenEXR", "picture")),
    ({0: b"DDS "}, Kind("DDS", "picture")),
    ({0: b"\0\0\1\0"}, Kind("ICO", "picture")),
    ({4: b"ftyp"}, Kind("MP4", "film")),  # after the pictures that begin likewise
    ({4: b"moov"}, Kind("QuickTime", "film")),
    ({0: b"\x1a\x45\xdf\xa3"}, Kind("Matroska", "film")),
    ({0: b"RIFF", 8: b"AVI "}, Kind("AVI", "film")),
    ({0: b"PK\3\4"}, Kind("zip", "archive")),
    ({0: b"\x1f\x8b"}, Kind("gzip", "archive")),
    ({0: b"BZh"}, Kind("bzip2", "archive")),
    ({0: b"\xfd7zXZ\0"}, Kind("xz", "archive")),
    ({0: b"7z\xbc\xaf\x27\x1c"}, Kind("7z", "archive")),
    ({0: b"Rar!\x1a\x07"}, Kind("rar", "archive")),
    ({0: b"\x28\xb5\x2f\xfd"}, Kind("zstd", "archive")),
    ({0: b"\x04\x22\x4d\x18"}, Kind("lz4", "archive")),
    ({0: b"\x1f\x9d"}, Kind("compress", "archive")),
    ({0: b"MSCF\0\0\0\0"}, Kind("cab", "archive")),
    ({2: b"-lh", 6: b"-"}, Kind("lzh", "archive")),
    ({0: b"0707", 5: b"0"}, Kind("cpio", "archive")),
    ({0: b"!<arch>\n"}, Kind("ar", "archive")),
    ({257: b"ustar"}, Kind("tar", "archive")),
    ({0: b"%PDF"}, Kind("PDF", "document")),
    ({0: b"\xd0\xcf\x11\xe0"}, Kind("Office", "document")),
    ({0: b"PAR1"}, Kind("Parquet", "data")),
    ({0: b"SQLite format 3"}, Kind("SQLite", "data")),
    ({0: b"\x89HDF\r\n"}, Kind("HDF5", "data")),
    ({0: b"\x93NUMPY"}, Kind("NumPy", "data")),
    ({0: b"ARROW1\0\0"}, Kind("Arrow", "data")),
)


def kind_of(start: bytes) -> Kind | None:
    """The kind of file that begins with these bytes (`START` of them are enough), or None."""
    for marks, kind in _SIGNATURES:
        if all(start.startswith(mark, offset) for offset, mark in marks.items()):
            return kind
    return None


def stand_in(start: bytes) -> str | None:
    """In words, what lies in the place of a file that was never fetched; None where these bytes are no such thing."""
    if start.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer, not the file itself; fetch it with `git lfs pull`"
    if b"<html" in start.lower() or b"<!doctype html" in start.lower():
        return "a web page, not the file itself; download it again"
    if start and not start.strip(b"\0"):
        return "nothing but zeros where it begins, as an interrupted copy leaves; fetch it again"
    return None
