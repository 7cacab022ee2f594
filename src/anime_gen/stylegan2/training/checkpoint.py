"""Checkpoints: folders that are complete or do not exist.

A checkpoint holds `state.safetensors`, `state.json`, `generator.safetensors` (the averaged generator, usable on its
own) and `manifest.json` with the sha256 of the others. It is written beside its final name, forced to disk, renamed,
and only then is `LATEST` replaced; a crash at any moment leaves the previous checkpoints as they were.
"""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from anime_gen.images.files import file_sha256, sync, write_atomically
from anime_gen.stylegan2.networks.weights import save_network, write_tensors
from anime_gen.stylegan2.training.state import TrainingState

logger = logging.getLogger(__name__)

SCHEMA = 1
LATEST = "LATEST"
BEST = "BEST"
TEMPORARY = ".writing-"


class DamagedCheckpointError(ValueError):
    """A checkpoint whose content does not match its manifest."""


def checkpoint_name(images: int) -> str:
    """Folder name of the checkpoint after this many images; names sort by age."""
    return f"images-{images:012d}"


def list_checkpoints(folder: Path) -> list[Path]:
    """Checkpoints of a run folder, newest first."""
    return sorted((path for path in folder.glob("images-*") if path.is_dir()), reverse=True)


def save_checkpoint(state: TrainingState, folder: Path, info: dict[str, Any], keep: int, best: bool = False) -> Path:
    """Write a checkpoint of `state` into the run folder, point `LATEST` at it and drop all but `keep` and the best
    (which this one becomes if `best`).

    `info` (JSON) is stored with it and becomes the card of its generator. On a full disk older checkpoints but the
    last are dropped and the writing tried once more; if it fails again, `OSError` says what to do and what was there
    remains.
    """
    try:
        return _save(state, folder, info, keep, best)
    except OSError as error:
        raise OSError(
            f"{error}; free some space where {folder} lies, then the same command continues from its last checkpoint"
        ) from error


def _save(state: TrainingState, folder: Path, info: dict[str, Any], keep: int, best: bool) -> Path:
    target = folder / checkpoint_name(state.images)
    if target.exists():
        if _is_whole(target):
            _point(folder, LATEST, target.name)
            return target
        shutil.rmtree(target)  # the run fell back behind this one and has now come to the same place again
    try:
        _write_folder(state, folder, target, info)
    except OSError as error:
        logger.warning("checkpoint could not be written (%s); trying again after dropping old ones", error)
        _prune(folder, keep=1)
        _write_folder(state, folder, target, info)
    if best:
        _point(folder, BEST, target.name)
    _point(folder, LATEST, target.name)
    _prune(folder, keep)
    return target


def load_checkpoint(folder: Path, state: TrainingState) -> dict[str, Any] | None:
    """Restore the newest undamaged checkpoint into `state` and return its info; None if the folder has none.

    A damaged one is named in a warning and passed over. If all are damaged, `DamagedCheckpointError` is raised.
    """
    checkpoints = list_checkpoints(folder)
    damaged: list[str] = []
    for path in checkpoints:
        try:
            tensors, content = read_checkpoint(path)
        except DamagedCheckpointError as error:
            damaged.append(str(error))
            logger.warning("%s; falling back to the checkpoint before it", error)
            continue
        state.restore(tensors, content["counters"])
        return dict(content["info"])
    if damaged:
        raise DamagedCheckpointError(
            f"no checkpoint in {folder} can be read: {'; '.join(damaged)}. Move the folder away to start anew."
        )
    return None


def read_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and JSON of one checkpoint, verified against its manifest."""
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        if manifest["schema"] != SCHEMA:
            raise DamagedCheckpointError(f"{path} has schema {manifest['schema']}, this version reads {SCHEMA}")
        for name, digest in manifest["sha256"].items():
            if file_sha256(path / name) != digest:
                raise DamagedCheckpointError(f"{path / name} does not match its checksum")
        content = json.loads((path / "state.json").read_text(encoding="utf-8"))
        return load_file(path / "state.safetensors"), content
    except DamagedCheckpointError:
        raise
    except Exception as error:
        raise DamagedCheckpointError(f"{path} cannot be read ({error})") from error


def _is_whole(path: Path) -> bool:
    try:
        read_checkpoint(path)
    except DamagedCheckpointError:
        return False
    return True


def _write_folder(state: TrainingState, folder: Path, target: Path, info: dict[str, Any]) -> None:
    temporary = folder / f"{TEMPORARY}{target.name}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    try:
        write_tensors(state.tensors(), temporary / "state.safetensors")
        content = {"counters": state.counters(), "info": info}
        (temporary / "state.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
        save_network(state.average, temporary / "generator.safetensors", info)
        names = ("state.safetensors", "state.json", "generator.safetensors")
        manifest = {"schema": SCHEMA, "sha256": {name: file_sha256(temporary / name) for name in names}}
        (temporary / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        for path in temporary.iterdir():
            sync(path)
        sync(temporary)
        temporary.rename(target)
        sync(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _point(folder: Path, name: str, target: str) -> None:
    """Replace a pointer file in one move."""
    write_atomically(folder / name, lambda file: file.write(f"{target}\n".encode()))


def best_checkpoint(folder: Path) -> Path | None:
    """The checkpoint marked as best, if there is one."""
    pointer = folder / BEST
    if not pointer.is_file():
        return None
    path = folder / pointer.read_text(encoding="utf-8").strip()
    return path if path.is_dir() else None


def _prune(folder: Path, keep: int) -> None:
    best = best_checkpoint(folder)
    for path in list_checkpoints(folder)[keep:]:
        if path != best:
            shutil.rmtree(path, ignore_errors=True)
    for path in folder.glob(f"{TEMPORARY}*"):
        shutil.rmtree(path, ignore_errors=True)
