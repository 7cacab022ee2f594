"""The workers of one training as one of them sees them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import torch
from torch import distributed

T = TypeVar("T")


class ConnectionLostError(RuntimeError):
    """Another worker went away in the middle of an exchange."""


class Group(Protocol):
    """Workers `0` to `size - 1`; this one is number `rank`, and number 0 is the one that reports and saves."""

    rank: int
    size: int

    def sum(self, tensor: torch.Tensor) -> None:
        """Replace the tensor of every worker by the sum over all of them."""
        ...

    def agree(self, flag: bool) -> bool:
        """Worker 0's flag, for all."""
        ...

    def gather(self, value: T) -> list[T]:
        """What every worker gave, in their order, for all; plain values and arrays."""
        ...

    def wait(self) -> None:
        """Go on when all are here."""
        ...


class Alone:
    """The group of a single process."""

    rank, size = 0, 1

    def sum(self, tensor: torch.Tensor) -> None:
        """Nothing to add."""

    def agree(self, flag: bool) -> bool:
        """Nobody to ask."""
        return flag

    def gather(self, value: T) -> list[T]:
        """What the only worker gave."""
        return [value]

    def wait(self) -> None:
        """Nobody to wait for."""


ALONE = Alone()


class ProcessGroup:
    """The group of torch.distributed's default process group, which must be initialised; tensors are on `device`."""

    def __init__(self, device: torch.device) -> None:
        self.rank, self.size = distributed.get_rank(), distributed.get_world_size()
        self._flag = torch.zeros(1, device=device)

    def sum(self, tensor: torch.Tensor) -> None:
        """All-reduce in place; every worker gets the same bits. Raises `ConnectionLostError`."""
        with _talking():
            distributed.all_reduce(tensor)

    def agree(self, flag: bool) -> bool:
        """Broadcast from worker 0. Raises `ConnectionLostError`."""
        self._flag.fill_(float(flag))
        with _talking():
            distributed.broadcast(self._flag, src=0)
        return bool(self._flag.item())

    def gather(self, value: T) -> list[T]:
        """An all-gather of objects. Raises `ConnectionLostError`."""
        values: list[T] = [value] * self.size
        with _talking():
            distributed.all_gather_object(values, value)
        return values

    def wait(self) -> None:
        """A barrier. Raises `ConnectionLostError`."""
        with _talking():
            distributed.barrier()


@contextmanager
def _talking() -> Iterator[None]:
    """An exchange with the other workers: gloo and NCCL say in a RuntimeError that one is gone."""
    try:
        yield
    except RuntimeError as error:
        raise ConnectionLostError(f"a worker is gone: {error}") from error
