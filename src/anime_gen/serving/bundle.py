"""The bundle: what is published and what the page opens, checked before anything in it is used.

manifest.json             schema, sha256 and size of every other file
card.json                 data, licence, seed, images seen, figures
generator.safetensors     the network
taggers/                  the sub-models that measure a picture
directions.safetensors    what moves each attribute
reports/*.json            figures of the run that made it
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Self

from anime_gen.latent import Directions
from anime_gen.stylegan2 import Generator, load_generator
from anime_gen.tagging import Tagger

SCHEMA = 1
MANIFEST = "manifest.json"
CARD = "card.json"
GENERATOR = "generator.safetensors"
TAGGERS = "taggers"
DIRECTIONS = "directions.safetensors"
REPORTS = "reports"

SUFFIXES = {".safetensors", ".json"}
"""Formats that hold data and cannot hold code."""

MAX_BYTES = 2 * 1024**3
MAX_MANIFEST_BYTES = 1024**2
MAX_FILES = 200
MAX_HEADER_BYTES = 16 * 1024**2


class BundleError(ValueError):
    """A bundle that must not be used; the message names the file, the fault and what to do."""


@dataclass(frozen=True)
class Bundle:
    """A checked bundle in memory. `sha256` identifies the networks: equal hashes make equal pictures."""

    folder: Path
    generator: Generator
    tagger: Tagger
    directions: Directions
    card: dict[str, Any]
    reports: dict[str, Any]
    sha256: str

    @staticmethod
    def write(
        folder: Path,
        generator_path: Path,
        taggers_folder: Path,
        directions_path: Path,
        card: Mapping[str, Any],
        reports: Mapping[str, Any],
    ) -> str:
        """Collect the files, write their manifest, put the folder in its place at once; the bundle's sha256."""
        temporary = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(temporary, ignore_errors=True)
        (temporary / REPORTS).mkdir(parents=True)
        shutil.copyfile(generator_path, temporary / GENERATOR)
        shutil.copyfile(directions_path, temporary / DIRECTIONS)
        shutil.copytree(taggers_folder, temporary / TAGGERS)
        _write_json(temporary / CARD, card)
        for name, report in reports.items():
            _write_json(temporary / REPORTS / f"{name}.json", report)
        files = {path: _entry(temporary / path) for path in _files(temporary)}
        manifest = {"schema": SCHEMA, "files": files, "networks_sha256": _networks_hash(files)}
        _write_json(temporary / MANIFEST, manifest)
        verify(temporary)
        old = folder.with_name(f".{folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        temporary.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
        return str(manifest["networks_sha256"])

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Verify every file, then read the networks in evaluation mode.

        Raises:
            BundleError: anything missing, changed, of another version, of a wrong shape, or not finite.
        """
        manifest = verify(folder)
        try:
            generator = load_generator(folder / GENERATOR)
            tagger = Tagger.load(folder / TAGGERS)
            directions = Directions.load(folder / DIRECTIONS)
        except Exception as error:  # whatever a reader stumbles over, the bundle is at fault
            raise BundleError(f"The bundle {folder} cannot be read: {error} {_CURE}") from error
        reports = {path.stem: _read_json(path) for path in sorted((folder / REPORTS).glob("*.json"))}
        bundle = cls(
            folder, generator, tagger, directions, _read_json(folder / CARD), reports, manifest["networks_sha256"]
        )
        bundle._check_fit()
        return bundle

    def _check_fit(self) -> None:
        """Directions must be of this generator's latent space, and fitted with these taggers."""
        wanted = (self.generator.num_ws, self.generator.config.w_dim)
        space = self.directions.space
        if (space.num_ws, len(space.mean)) != wanted:
            found = f"{space.num_ws} x {len(space.mean)}"
            raise BundleError(
                f"{DIRECTIONS} of {self.folder} is for latents {found}, the generator has {wanted}. {_CURE}"
            )
        if list(self.directions.columns) != list(self.tagger.columns):
            raise BundleError(f"{DIRECTIONS} of {self.folder} was fitted with other taggers than {TAGGERS}/. {_CURE}")


_CURE = "Publish it again (kedro run --pipelines=publish) or fetch a fresh copy."


def verify(folder: Path) -> dict[str, Any]:
    """The manifest, after every file was compared with it. Reads bytes only: nothing is unpacked or run."""
    manifest = _manifest(folder)
    listed: dict[str, Any] = manifest["files"]
    for path in listed:
        _check_name(folder, path)
    if sum(entry["bytes"] for entry in listed.values()) > MAX_BYTES:
        raise BundleError(f"The bundle {folder} claims more than {MAX_BYTES} bytes; refused.")
    for path in _files(folder):
        if path not in listed and path != MANIFEST:
            raise BundleError(f"The bundle {folder} holds {path}, which its manifest does not list; refused.")
    for path, entry in listed.items():
        _check_file(folder, path, entry)
    for path in (GENERATOR, DIRECTIONS, CARD):
        if path not in listed:
            raise BundleError(f"The bundle {folder} has no {path}. {_CURE}")
    if manifest.get("networks_sha256") != _networks_hash(listed):
        raise BundleError(
            f"{MANIFEST} of {folder} contradicts itself: networks_sha256 does not match its files. {_CURE}"
        )
    return manifest


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(f"There is no bundle at {folder} ({MANIFEST} is missing). {_CURE}")
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise BundleError(f"{path} has more than {MAX_MANIFEST_BYTES} bytes; refused.")
    manifest = _read_json(path)
    if manifest.get("schema") != SCHEMA:
        raise BundleError(
            f"The bundle {folder} has schema {manifest.get('schema')!r}; this version reads schema {SCHEMA}. "
            "Use the version of anime_gen that wrote it, or publish the model again."
        )
    files = manifest.get("files")
    if not isinstance(files, dict) or len(files) > MAX_FILES or not all(map(_is_entry, files.values())):
        raise BundleError(f"{path} lists no files, or more than {MAX_FILES}, or in another form. {_CURE}")
    return manifest


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("bytes"), int) and isinstance(entry.get("sha256"), str)


def _check_name(folder: Path, path: str) -> None:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or "\\" in path:
        raise BundleError(f"{MANIFEST} of {folder} names {path!r}, outside the bundle; refused.")
    if pure.suffix not in SUFFIXES:
        raise BundleError(f"The bundle {folder} holds {path}: only {' and '.join(sorted(SUFFIXES))} files are read.")


def _check_file(folder: Path, path: str, entry: Mapping[str, Any]) -> None:
    file = folder / path
    if file.is_symlink() or not file.is_file():
        raise BundleError(f"{path} of the bundle {folder} is missing. {_CURE}")
    size = file.stat().st_size
    if size != entry["bytes"]:
        raise BundleError(f"{path} of the bundle {folder} has {size} bytes instead of {entry['bytes']}. {_CURE}")
    if file.suffix == ".safetensors":
        _check_header(folder, path, size)
    if _sha256(file) != entry.get("sha256"):
        raise BundleError(f"{path} of the bundle {folder} was changed or damaged: its sha256 is wrong. {_CURE}")


def _check_header(folder: Path, path: str, size: int) -> None:
    """A safetensors file starts with its header's length; a huge one is an attack on memory."""
    with (folder / path).open("rb") as file:
        claimed = int.from_bytes(file.read(8), "little")
    if claimed > min(size - 8, MAX_HEADER_BYTES):
        raise BundleError(
            f"{path} of the bundle {folder} claims a header of {claimed} bytes; it is no safetensors file."
        )


def _files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink() or not p.is_dir())


def _entry(file: Path) -> dict[str, Any]:
    return {"sha256": _sha256(file), "bytes": file.stat().st_size}


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _networks_hash(files: Mapping[str, Mapping[str, Any]]) -> str:
    """One hash over what decides pictures and measured values; card and reports may change without a new model."""
    lines = [f"{files[path]['sha256']} {path}" for path in sorted(files) if path.endswith(".safetensors")]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not readable JSON ({error}). {_CURE}") from error
    if not isinstance(content, dict):
        raise BundleError(f"{path} must hold a JSON object. {_CURE}")
    return content
