"""A whole project as one file, to keep elsewhere or to hand on: project.json and the pictures of the cast."""

import io
import re
import zipfile
from collections.abc import Mapping

from anime_gen.studio.character.png_text import SIGNATURE
from anime_gen.studio.project.document import MAX_CHARACTERS, MAX_MEMBERS, Document, DocumentError

PROJECT = "project.json"
PICTURES = "pictures/"
MAX_PICTURE = 16 * 1024 * 1024


def pack(document: Document, pictures: Mapping[str, bytes]) -> bytes:
    """A zip of the document and the PNGs of its members, by key; a picture's name starts with the member's."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(PROJECT, document.to_json())
        for member in document.cast:
            if member.key in pictures:
                name = re.sub(r"[^\w-]+", "-", member.name).strip("-") or "character"
                archive.writestr(f"{PICTURES}{name}-{member.key}.png", pictures[member.key])
    return buffer.getvalue()


def unpack(data: bytes) -> tuple[Document, dict[str, bytes]]:
    """The document and the pictures in a zip from anywhere: nothing is written, and reading stops at limits.

    Raises `DocumentError`: no zip, a damaged one, one without a project, or a project that cannot be read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            document = Document.from_json(_read(archive, PROJECT, MAX_CHARACTERS).decode("utf-8"))
            return document, _pictures(archive, document)
    except KeyError as error:
        raise DocumentError(f"This zip holds no {PROJECT}: it was not saved by this page.") from error
    except UnicodeDecodeError as error:
        raise DocumentError(f"{PROJECT} in this zip is not UTF-8 text.") from error
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        if isinstance(error, DocumentError):
            raise
        raise DocumentError("This zip cannot be read: it is damaged, locked or no zip. Save it again.") from error


def _pictures(archive: zipfile.ZipFile, document: Document) -> dict[str, bytes]:
    """PNGs whose names end in the key of a member; others are left where they are."""
    found = {}
    keys = {member.key for member in document.cast}
    for name in archive.namelist()[: 4 * MAX_MEMBERS]:
        key = name.removesuffix(".png").rpartition("-")[2]
        if name.startswith(PICTURES) and key in keys:
            png = _read(archive, name, MAX_PICTURE)
            if png.startswith(SIGNATURE):
                found[key] = png
    return found


def _read(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """The content of an entry, unpacked up to the limit whatever it claims to be."""
    with archive.open(name) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise DocumentError(f"{name} in this zip unpacks to more than {limit:,} bytes; it is not read.")
    return content
