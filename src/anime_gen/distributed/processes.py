"""Workers as children of the leading process, on the same machine; they end with it.

Processes, not threads: on two cores two processes of one thread each train almost twice as fast as one, whereas two
threads wait for each other after every small operation.
"""

import multiprocessing
import os
import signal

import torch

from anime_gen.distributed.crew import LEFT_ALONE, Work, check_room, meeting_place, work

HERE = "127.0.0.1"


def places(device: str) -> int:
    """How many workers find a GPU or a core of their own."""
    return torch.cuda.device_count() if device == "cuda" else len(os.sched_getaffinity(0))


class Processes:
    """A crew (see crew.py) of child processes that meet at a local port; `follow` reaches them by pickling."""

    interface = "lo"
    gpu = 0

    def __init__(self, follow: Work, workers: int, device: str) -> None:
        if device == "cuda":  # cores may be shared
            check_room(workers, places(device), device, "this machine")
        context = multiprocessing.get_context("spawn")
        self.meeting = meeting_place(HERE)
        self._children = [
            context.Process(
                target=_child,
                args=(follow, rank, workers, self.meeting.port, self.interface, device, rank),
                daemon=True,
            )
            for rank in range(1, workers)
        ]
        for child in self._children:
            child.start()

    def finish(self) -> None:
        """Go on when all have ended."""
        for child in self._children:
            child.join()

    def lost(self) -> bool:
        """Whether one has ended already."""
        return any(child.exitcode is not None for child in self._children)

    def who_was_lost(self) -> str:
        """By its exit code; the system tells of it a moment after its connection broke."""
        for child in self._children:
            child.join(timeout=5.0)
        codes = [child.exitcode for child in self._children if child.exitcode not in (None, 0, LEFT_ALONE)]
        return f"a worker ended with code {codes[0]}" if codes else "a worker was lost"

    def close(self) -> None:
        """End those that still run."""
        for child in self._children:
            if child.is_alive():
                child.terminate()
            child.join()


def _child(follow: Work, rank: int, workers: int, port: int, interface: str, device: str, gpu: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; worker 0 decides when to stop
    work(follow, rank, workers, HERE, port, interface, device, gpu)
