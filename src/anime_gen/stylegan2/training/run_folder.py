"""The folder of a run: who uses it, what it was started with, whether its disk has room."""

import json
import logging
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anime_gen.images.files import write_atomically
from anime_gen.stylegan2.training.state import TrainingState

logger = logging.getLogger(__name__)

RUN_FILE = "run.json"


class FolderInUseError(RuntimeError):
    """Another trainer works in this folder."""


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold the folder for this process; `FolderInUseError` names the owner if another one has it.

    The lock belongs to the process, so a killed trainer leaves none behind.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock, owner = FileLock(folder / ".lock"), folder / ".owner"
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        name = owner.read_text(encoding="utf-8").strip() if owner.is_file() else "another process"
        raise FolderInUseError(f"{folder} is in use by {name}; wait for it to end or stop it") from error
    try:
        owner.write_text(f"process {os.getpid()} on {socket.gethostname()}\n", encoding="utf-8")
        yield
    finally:
        lock.release()


def check_run(folder: Path, config: dict[str, Any], data: str, accept_changed_data: bool, finished: bool) -> None:
    """Write down what the run is trained on, or compare with what was written when it started.

    Raises `ValueError` when the pictures are not those the run began with, unless that was accepted and the run is not
    `finished`: it would learn nothing of them.
    """
    path = folder / RUN_FILE
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))["data"]
        if known == data:
            return
        if finished or not accept_changed_data:
            raise ValueError(
                f"the pictures changed since the run in {folder} began (then {known[:12]}, now {data[:12]})"
                f"{_IT_IS_FINISHED if finished else _IT_CAN_GO_ON}, or move the folder away to start anew."
            )
        logger.warning("continuing on changed pictures, as asked")
    text = json.dumps({"config": config, "data": data}, indent=1)
    write_atomically(path, lambda file: file.write(text.encode()))


_ACCEPT = (
    "kedro run --params train.run.accept_changed_data=true, or --accept-changed-data of this trainer's own command"
)
_IT_CAN_GO_ON = f". Restore them, or go on with the new ones ({_ACCEPT})"
_IT_IS_FINISHED = (
    ", and it is finished: it has learned nothing of the new ones. Let it train longer (more stable_images in the last "
    f"of train.growth.stages, or train.growth.full_size_images without growth) and accept them ({_ACCEPT})"
)


def checkpoint_bytes(state: TrainingState) -> int:
    """Size of one checkpoint: its state and the averaged generator."""
    tensors = sum(t.numel() * t.element_size() for t in state.tensors().values())
    return tensors + state.average_values.numel() * 4


def check_disk(folder: Path, state: TrainingState, keep: int) -> None:
    """Raise `OSError` before the run starts if its checkpoints will not fit on the disk."""
    kept = sum(path.is_dir() for path in folder.glob("images-*"))  # each makes room for a later one
    needed = checkpoint_bytes(state) * max(1, keep + 2 - kept)  # the best one, and the one being written
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(
            f"{folder} has {free / 2**20:,.0f} MiB free, but its checkpoints need {needed / 2**20:,.0f} MiB; "
            "free some space, or keep fewer (train.run.keep_checkpoints; run.keep_checkpoints for the bare trainer)"
        )
