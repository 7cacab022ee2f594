"""What starting workers has in common, wherever they run: a meeting place, joining there, and who is waited for."""

import datetime
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Protocol

import torch
from torch import distributed

from anime_gen.distributed.group import ConnectionLostError, Group, ProcessGroup

logger = logging.getLogger(__name__)
Work = Callable[[Group], object]
PATIENCE = datetime.timedelta(minutes=30)  # worker 0 may measure and save for long while the others wait
REACH = datetime.timedelta(minutes=1)  # the meeting place is open before anybody is sent there
LONG_S = 60.0  # to start takes seconds; a worker that is not there by then waits for room
GLOO_INTERFACE = "GLOO_SOCKET_IFNAME"
LEFT_ALONE = 75  # exit code of a worker that ends because another one did


class Crew(Protocol):
    """The workers from number 1 on, as the leading process sees them; `close` ends those that still run."""

    meeting: distributed.TCPStore
    """Where all meet, open (see `meeting_place`)."""
    interface: str
    """The network interface of this machine by which the others reach it; gloo would guess one by its name."""
    gpu: int
    """The GPU of the leading process, on `cuda`."""

    def finish(self) -> None:
        """Go on when all have done their work."""
        ...

    def lost(self) -> bool:
        """Whether a worker has ended already."""
        ...

    def who_was_lost(self) -> str:
        """Words on the worker that ended first."""
        ...

    def close(self) -> None:
        """End all."""
        ...


def meeting_place(address: str) -> distributed.TCPStore:
    """A free port of this machine, at one of its addresses, where the leading process meets the others."""
    listening = socket.create_server((address, 0))
    port = listening.getsockname()[1]
    return distributed.TCPStore(
        address, port, None, True, PATIENCE, wait_for_workers=False, master_listen_fd=listening.detach()
    )


def wait_for_all(crew: Crew, workers: int) -> None:
    """Go on when all others are at the meeting place; `ConnectionLostError` when one ends before.

    To join a group can only be waited for, for as long as anything in it may take: who is to join has to be there.
    """
    names, began, told = [_name(rank) for rank in range(1, workers)], time.monotonic(), False
    while not crew.meeting.check(names):
        if crew.lost():
            raise ConnectionLostError("a worker ended before it came")
        if not told and time.monotonic() - began > LONG_S:
            told = True
            logger.warning("still waiting for %d worker(s) to start; is there room for them?", workers - 1)
        time.sleep(0.05)


def _name(rank: int) -> str:
    return f"worker {rank} is here"


def work(follow: Work, rank: int, workers: int, address: str, port: int, interface: str, device: str, gpu: int) -> None:
    """Do the work of worker `rank` in this process, and end with code 75 when another worker was lost."""
    torch.set_num_threads(1)
    meeting = distributed.TCPStore(address, port, None, False, REACH, wait_for_workers=False)
    meeting.set(_name(rank), "")
    with joined(rank, workers, meeting, interface, device, gpu) as group:
        try:
            follow(group)
        except ConnectionLostError:
            raise SystemExit(LEFT_ALONE) from None  # worker 0 tells what happened


@contextmanager
def joined(
    rank: int, workers: int, meeting: distributed.TCPStore, interface: str, device: str, gpu: int
) -> Iterator[Group]:
    """Meet the other workers; leave together. On `cuda` this worker computes on number `gpu` and talks by NCCL."""
    cuda = device == "cuda"
    if cuda:
        torch.cuda.set_device(gpu)
    with nullcontext() if cuda else _gloo_talks_on(interface):
        distributed.init_process_group(
            "nccl" if cuda else "gloo", store=meeting, rank=rank, world_size=workers, timeout=PATIENCE
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
