"""From the `source` parameter to the source itself, with a plain word when it is not what it was said to be."""

import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any

from anime_gen.images.config import FacesConfig, SourceConfig
from anime_gen.images.sources.drawn import DrawnSource
from anime_gen.images.sources.folder import FolderSource
from anime_gen.images.sources.members import Source
from anime_gen.images.sources.tar_archive import TarSource
from anime_gen.images.sources.zip_archive import ZipSource
from anime_gen.paths import user_path
from anime_gen.signatures import START, kind_of, stand_in

ARCHIVE_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DISC_IMAGES = (".iso", ".dmg", ".img")


def open_source(config: SourceConfig, faces: FacesConfig, place: Path) -> Source:
    """The source of `config`; a relative path starts at the current folder, else at the project around `place`.

    Downloads a Kaggle data set when it is not on disk yet. Raises FileNotFoundError or ValueError that says what to do.
    """
    if config.kind == "drawn":
        return DrawnSource(config)
    if config.kind == "kaggle" and config.path is None:
        from anime_gen.images.sources.kaggle import download

        identity: dict[str, Any] = {"kind": "kaggle", "handle": config.handle}
        return _open_path(_only_archive(download(config.handle or "")), identity, faces)
    path = find_path("source.path", config.path or "", place)
    if config.kind == "folder" and not path.is_dir():
        raise ValueError(f"source.path {path} is not a folder; for an archive set source.kind=archive")
    if config.kind == "archive" and path.is_dir():
        raise ValueError(f"source.path {path} is a folder; set source.kind=folder")
    return _open_path(path, {"kind": config.kind, "path": _named(path, place)}, faces)


def find_path(parameter: str, text: str, place: Path, what: str = "folder or archive") -> Path:
    """The existing file or folder that a parameter names; FileNotFoundError lists where it was looked for."""
    if _ADDRESS.match(text):
        raise ValueError(f"{parameter}: {text} is an address; give the path of a {what} on this disk")
    given = user_path(text)
    tried = [given.resolve(), (_project(place) / given).resolve()]
    for candidate in tried:
        if candidate.exists():
            return candidate
    places = " or ".join(dict.fromkeys(map(str, tried)))
    raise FileNotFoundError(f"{parameter}: there is no {places}; give the path of a {what} that exists")


def read_table(text: str, place: Path) -> bytes:
    """The bytes of the table that `source.labels` names."""
    path = find_path("source.labels", text, place, "table")
    if path.is_dir():
        raise ValueError(f"source.labels {path} is a folder; give the path of a table such as labels.csv")
    return path.read_bytes()


def _project(place: Path) -> Path:
    return next((folder for folder in place.parents if (folder / "pyproject.toml").is_file()), place)


def _named(path: Path, place: Path) -> str:
    """The path as the store's key has it: a source within the project stays the same one when the project is moved."""
    project = _project(place).resolve()
    return path.relative_to(project).as_posix() if path.is_relative_to(project) else str(path)


def _open_path(path: Path, identity: dict[str, Any], faces: FacesConfig) -> Source:
    if path.is_dir():
        return FolderSource(path, identity, faces.max_members)
    if not path.is_file():
        raise ValueError(f"{path} is neither a folder nor a file")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is an empty file, not an archive; fetch it again")
    if zipfile.is_zipfile(path):
        return ZipSource(path, identity, faces)
    if _is_tar(path):
        return TarSource(path, identity, faces)
    raise ValueError(_no_archive(path))


_MAY_BE_CUT = ("zip", "tar", "gzip", "bzip2", "xz")


def _no_archive(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(START)
    kind, cure = kind_of(start), "unpack it and set source.kind=folder"
    if path.suffix.lower() in _DISC_IMAGES:
        why = "it is a disc image; open it and name the folder of the pictures, with source.kind=folder"
    elif kind is not None and kind.name in _MAY_BE_CUT:
        fault = "its end is missing or was changed" if kind.name == "zip" else "is cut short or holds no tar"
        why = f"it begins as {kind.name}, but {fault}; fetch it again or {cure}"
    elif kind is not None and kind.holds == "archive":
        why = f"it is a {kind.name} archive; {cure}"
    elif kind is not None:
        why = f"it is {kind.name}; name the folder of the pictures, with source.kind=folder, or an archive of them"
    elif (words := stand_in(start)) is not None:
        why = f"it is {words}"
    else:
        why = f"it is of a kind that is not known here; {cure}"
    return f"{path} is neither a complete zip nor a tar ({', '.join(ARCHIVE_ENDINGS)}): {why}"


def _is_tar(path: Path) -> bool:
    with path.open("rb") as file:
        if not file.read(START).strip(b"\0"):  # to tarfile any file of zeros is a tar without members
            return False
    try:
        return tarfile.is_tarfile(path)
    except (OSError, EOFError):  # a compressed file that breaks off within its first block
        return False


def _only_archive(folder: Path) -> Path:
    """The archive when a download holds one archive and nothing else, else the folder."""
    found = list(folder.iterdir())
    if len(found) == 1 and found[0].is_file() and found[0].name.endswith(ARCHIVE_ENDINGS):
        return found[0]
    return folder
