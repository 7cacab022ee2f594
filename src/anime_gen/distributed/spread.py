"""The same work on many parts: here, one after another, or side by side on the machines of a Ray cluster."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from anime_gen.distributed.launch import Engine

T = TypeVar("T")
R = TypeVar("R")


def spread(work: Callable[[T], R], parts: Iterable[T], engine: Engine = "processes", cores: int = 1) -> Iterator[R]:
    """What `work` makes of each part, in their order.

    With `processes` in this process, when it is asked for; with `ray` by Ray Data, as many parts at once as there are
    times `cores` in the cluster, to which `work`, parts and results are sent by pickling. The last bits of what torch
    computes depend on its threads: `work` has to set them to be the same everywhere.
    What `work` raises is raised here; with `ray` also `WorkerLostError`, when a part brings down whichever process
    works on it, and ValueError where Ray is missing.
    """
    if engine == "ray":
        from anime_gen.distributed.ray_data import mapped

        return mapped(work, parts, cores)
    return map(work, parts)
