"""The manifest of a bundle: what every file must be, compared before anything is unpacked."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from safetensors import safe_open

from anime_gen.images.files import file_sha256

SCHEMA = 1
MANIFEST = "manifest.json"
CARD = "card.json"
GENERATOR = "generator.safetensors"
DISCRIMINATOR = "discriminator.safetensors"
TAGGERS = "taggers"
DIRECTIONS = "directions.safetensors"
ORIGINALS = "originals.safetensors"
REPORTS = "reports"

SUFFIXES = {".safetensors", ".json"}
"""Formats that hold data and cannot hold code."""

MAX_BYTES = 2 * 1024**3
MAX_MANIFEST_BYTES = 1024**2
MAX_FILES = 200
MAX_HEADER_BYTES = 16 * 1024**2

CURE = "Publish it again (kedro run --pipelines=publish) or fetch a fresh copy."


class BundleError(ValueError):
    """A bundle that must not be used; the message names the file, the fault and what to do."""


def write_manifest(folder: Path) -> str:
    """List every file of the folder with its size and sha256; the hash of the networks."""
    files = {path: _entry(folder / path) for path in _files(folder) if path != MANIFEST}
    networks = _networks_hash(files)
    write_json(folder / MANIFEST, {"schema": SCHEMA, "files": files, "networks_sha256": networks})
    return networks


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
            raise BundleError(f"The bundle {folder} has no {path}. {CURE}")
    if manifest.get("networks_sha256") != _networks_hash(listed):
        raise BundleError(
            f"{MANIFEST} of {folder} contradicts itself: networks_sha256 does not match its files. {CURE}"
        )
    return manifest


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleError(f"There is no bundle at {folder} ({MANIFEST} is missing). {CURE}")
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise BundleError(f"{path} has more than {MAX_MANIFEST_BYTES} bytes; refused.")
    manifest = read_json(path)
    if manifest.get("schema") != SCHEMA:
        raise BundleError(
            f"The bundle {folder} has schema {manifest.get('schema')!r}; this version reads schema {SCHEMA}. "
            "Use the version of anime_gen that wrote it, or publish the model again."
        )
    files = manifest.get("files")
    if not isinstance(files, dict) or len(files) > MAX_FILES or not all(map(_is_entry, files.values())):
        raise BundleError(f"{path} lists no files, or more than {MAX_FILES}, or in another form. {CURE}")
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
        raise BundleError(f"{path} of the bundle {folder} is missing. {CURE}")
    size = file.stat().st_size
    if size != entry["bytes"]:
        raise BundleError(f"{path} of the bundle {folder} has {size} bytes instead of {entry['bytes']}. {CURE}")
    if file.suffix == ".safetensors":
        _check_header(folder, path, size)
    if file_sha256(file) != entry.get("sha256"):
        raise BundleError(f"{path} of the bundle {folder} was changed or damaged: its sha256 is wrong. {CURE}")


def _check_header(folder: Path, path: str, size: int) -> None:
    """A safetensors file starts with its header's length; a huge one is an attack on memory."""
    with (folder / path).open("rb") as file:
        claimed = int.from_bytes(file.read(8), "little")
    if claimed > min(size - 8, MAX_HEADER_BYTES):
        raise BundleError(
            f"{path} of the bundle {folder} claims a header of {claimed} bytes; it is no safetensors file."
        )


def check_finite(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Raise BundleError when any tensor of any network holds NaN or infinity."""
    for path in manifest["files"]:
        if path.endswith(".safetensors"):
            with safe_open(str(folder / path), framework="pt") as file:
                for name in file.keys():  # noqa: SIM118 - not a dict
                    tensor = file.get_tensor(name)
                    if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
                        raise BundleError(f"{path} of the bundle {folder}: {name} holds NaN or infinity. {CURE}")


def _files(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_symlink() or not p.is_dir())


def _entry(file: Path) -> dict[str, Any]:
    return {"sha256": file_sha256(file), "bytes": file.stat().st_size}


def _networks_hash(files: Mapping[str, Mapping[str, Any]]) -> str:
    """One hash over what decides pictures and measured values; card and reports may change without a new model."""
    others = (DISCRIMINATOR, ORIGINALS)
    deciding = [path for path in sorted(files) if path.endswith(".safetensors") and path not in others]
    lines = [f"{files[path]['sha256']} {path}" for path in deciding]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def write_json(path: Path, content: Any) -> None:
    """JSON with sorted keys, so that equal content has an equal hash."""
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object, or a BundleError that names the file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not readable JSON ({error}). {CURE}") from error
    if not isinstance(content, dict):
        raise BundleError(f"{path} must hold a JSON object. {CURE}")
    return content
