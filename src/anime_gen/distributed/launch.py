"""Starting workers: this process leads, the others are its children and end with it.

Processes, not threads: on two cores two processes of one thread each train almost twice as fast as one, whereas two
threads wait for each other after every small operation.
"""

import datetime
import logging
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TypeVar

import torch
from torch import distributed

from anime_gen.distributed.group import ALONE, ConnectionLostError, Group, ProcessGroup

logger = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[Group], object]
PATIENCE = datetime.timedelta(minutes=30)  # worker 0 may measure and save for long while the others wait
LEFT_ALONE = 75  # exit code of a worker that ends because another one did
RESTARTS = 3
"""How often all begin again after a worker was lost, before the work is given up."""


class WorkerLostError(RuntimeError):
    """A worker ended in the middle of the work, so that the others cannot go on."""


def launch(lead: Callable[[Group], T], follow: Work, workers: int, device: str = "cpu", restarts: int = RESTARTS) -> T:
    """Run `lead` here as worker 0 and `follow` in `workers - 1` processes; what `lead` returns.

    `follow` is sent to the processes by pickling: a module's function or a `functools.partial` of one. On `cuda` every
    worker has a GPU of its own and they talk by NCCL, else by gloo. When a worker dies both are called again, so that
    they should take up what was saved; `WorkerLostError` after `restarts` of that.
    """
    if workers == 1:
        return lead(ALONE)
    for left in range(restarts, 0, -1):
        try:
            return _launch_once(lead, follow, workers, device)
        except WorkerLostError as error:
            logger.warning("%s; all workers begin again at the last checkpoint (%d tries left)", error, left)
    return _launch_once(lead, follow, workers, device)


def _launch_once(lead: Callable[[Group], T], follow: Work, workers: int, device: str) -> T:
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "meeting"
        children = [
            context.Process(target=_child, args=(follow, rank, workers, place, device), daemon=True)
            for rank in range(1, workers)
        ]
        for child in children:
            child.start()
        try:
            with _joined(0, workers, place, device) as group:
                result = lead(group)
            for child in children:
                child.join()
            return result
        except ConnectionLostError as error:
            raise WorkerLostError(_who_was_lost(children)) from error
        finally:
            _end(children)


def _who_was_lost(children: Sequence[BaseProcess]) -> str:
    """Words on the worker that ended first; the system tells of it a moment after its connection broke."""
    for child in children:
        child.join(timeout=5.0)
    codes = [child.exitcode for child in children if child.exitcode not in (None, 0, LEFT_ALONE)]
    return f"a worker ended with code {codes[0]}" if codes else "a worker was lost"


def _child(follow: Work, rank: int, workers: int, place: Path, device: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; worker 0 decides when to stop
    torch.set_num_threads(1)
    with _joined(rank, workers, place, device) as group:
        try:
            follow(group)
        except ConnectionLostError:
            raise SystemExit(LEFT_ALONE) from None  # worker 0 tells what happened


@contextmanager
def _joined(rank: int, workers: int, place: Path, device: str) -> Iterator[Group]:
    """Meet the other workers at a file; leave together."""
    if device == "cuda":
        torch.cuda.set_device(rank)
    else:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # all are on this machine
    distributed.init_process_group(
        "nccl" if device == "cuda" else "gloo",
        init_method=f"file://{place}",
        rank=rank,
        world_size=workers,
        timeout=PATIENCE,
    )
    try:
        yield ProcessGroup(torch.device(device))
    finally:
        distributed.destroy_process_group()


def _end(children: Sequence[BaseProcess]) -> None:
    for child in children:
        if child.is_alive():
            child.terminate()
        child.join()
