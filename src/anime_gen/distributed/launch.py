"""Starting workers: this process leads, the others follow where the engine puts them, and end with it."""

import logging
from collections.abc import Callable
from typing import Literal, TypeVar

from anime_gen.distributed import processes
from anime_gen.distributed.crew import Crew, Work, joined, wait_for_all
from anime_gen.distributed.group import ALONE, ConnectionLostError, Group

logger = logging.getLogger(__name__)
T = TypeVar("T")
Engine = Literal["processes", "ray"]
"""Where workers run: processes of this machine, or of all machines of a Ray cluster."""
RESTARTS = 3
"""How often all begin again after a worker was lost, before the work is given up."""


class WorkerLostError(RuntimeError):
    """A worker ended in the middle of the work, so that the others cannot go on."""


def launch(
    lead: Callable[[Group], T],
    follow: Work,
    workers: int,
    device: str = "cpu",
    engine: Engine = "processes",
    restarts: int = RESTARTS,
) -> T:
    """Run `lead` here as worker 0 and `follow` in `workers - 1` other processes; what `lead` returns.

    `follow` is sent to the processes by pickling: a module's function or a `functools.partial` of one. On `cuda` every
    worker has a GPU of its own and they talk by NCCL, else by gloo. When a worker dies both are called again, so that
    they should take up what was saved; `WorkerLostError` after `restarts` of that. Raises ValueError where `engine`
    is not installed or has no room for so many.
    """
    if workers == 1:
        return lead(ALONE)
    for left in range(restarts, 0, -1):
        try:
            return _launch_once(lead, follow, workers, device, engine)
        except WorkerLostError as error:
            logger.warning("%s; all workers begin again at the last checkpoint (%d tries left)", error, left)
    return _launch_once(lead, follow, workers, device, engine)


def places(device: str, engine: Engine = "processes") -> int:
    """How many workers find a core of their own, or on `cuda` a GPU."""
    if engine == "ray":
        from anime_gen.distributed import ray_tasks

        return ray_tasks.places(device)
    return processes.places(device)


def _launch_once(lead: Callable[[Group], T], follow: Work, workers: int, device: str, engine: Engine) -> T:
    crew = _crew(follow, workers, device, engine)
    try:
        wait_for_all(crew, workers)
        with joined(0, workers, crew.meeting, crew.interface, device, crew.gpu) as group:
            result = lead(group)
        crew.finish()
        return result
    except ConnectionLostError as error:
        raise WorkerLostError(crew.who_was_lost()) from error
    finally:
        crew.close()


def _crew(follow: Work, workers: int, device: str, engine: Engine) -> Crew:
    if engine == "ray":
        from anime_gen.distributed.ray_tasks import RayTasks

        return RayTasks(follow, workers, device)
    return processes.Processes(follow, workers, device)
