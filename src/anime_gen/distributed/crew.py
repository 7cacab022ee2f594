"""What starting workers has in common, wherever they run: a meeting place, joining there, and who is waited for."""

import datetime
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Protocol

import torch
from torch import distributed

from anime_gen.distributed.group import ConnectionLostError, Group, ProcessGroup

Work = Callable[[Group], object]
PATIENCE = datetime.timedelta(minutes=30)  # worker 0 may measure and save for long while the others wait
GLOO_INTERFACE = "GLOO_SOCKET_IFNAME"
LEFT_ALONE = 75  # exit code of a worker that ends because another one did


class Crew(Protocol):
    """The workers from number 1 on, as the leading process sees them; `close` ends those that still run."""

    meeting: str
    """Where all meet: an address that torch.distributed understands."""
    interface: str
    """The network interface of this machine by which the others reach it; gloo would guess one by its name."""
    gpu: int
    """The GPU of the leading process, on `cuda`."""

    def finish(self) -> None:
        """Go on when all have done their work."""
        ...

    def who_was_lost(self) -> str:
        """Words on the worker that ended first."""
        ...

    def close(self) -> None:
        """End all."""
        ...


def work(follow: Work, rank: int, workers: int, meeting: str, interface: str, device: str, gpu: int) -> None:
    """Do the work of worker `rank` in this process, and end with code 75 when another worker was lost."""
    torch.set_num_threads(1)
    with joined(rank, workers, meeting, interface, device, gpu) as group:
        try:
            follow(group)
        except ConnectionLostError:
            raise SystemExit(LEFT_ALONE) from None  # worker 0 tells what happened


@contextmanager
def joined(rank: int, workers: int, meeting: str, interface: str, device: str, gpu: int) -> Iterator[Group]:
    """Meet the other workers; leave together. On `cuda` this worker computes on number `gpu` and talks by NCCL."""
    cuda = device == "cuda"
    if cuda:
        torch.cuda.set_device(gpu)
    with nullcontext() if cuda else _gloo_talks_on(interface):
        distributed.init_process_group(
            "nccl" if cuda else "gloo", init_method=meeting, rank=rank, world_size=workers, timeout=PATIENCE
        )
    try:
        yield ProcessGroup(torch.device(device))
    finally:
        distributed.destroy_process_group()


@contextmanager
def _gloo_talks_on(interface: str) -> Iterator[None]:
    """Gloo looks here when a group is made; the next group may be another engine's, and a user's own choice stays."""
    chosen = os.environ.get(GLOO_INTERFACE)
    os.environ[GLOO_INTERFACE] = chosen or interface
    try:
        yield
    finally:
        if not chosen:
            del os.environ[GLOO_INTERFACE]


def check_room(workers: int, there: int, device: str, where: str) -> None:
    """Raise ValueError unless there is a core, or on `cuda` a GPU, for every worker."""
    if workers > there:
        kind = "GPU" if device == "cuda" else "core"
        raise ValueError(f"run.workers is {workers}, but {where} has {there} {kind}(s)")
