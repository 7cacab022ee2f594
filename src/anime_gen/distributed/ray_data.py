"""Parts of a large piece of work as rows of a Ray Data set."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

from anime_gen.distributed.launch import WorkerLostError
from anime_gen.distributed.ray_cluster import connected

T = TypeVar("T")
R = TypeVar("R")
RETRIES = 1  # of a part whose process ended; Ray Data itself would try for ever


def mapped(work: Callable[[T], R], parts: Iterable[T], cores: int) -> Iterator[R]:
    """See `spread`. The connection is held until the last result is taken."""
    waiting = list(parts)
    if not waiting:
        return
    with connected() as ray:
        from ray.data import DataContext, from_items

        context = DataContext.get_current()
        context.execution_options.preserve_order = True
        context.enable_progress_bars = context.print_on_execution_start = False
        rows = [{"part": ray.cloudpickle.dumps(part)} for part in waiting]
        cores = min(cores, int(ray.cluster_resources()["CPU"]))
        done = from_items(rows, override_num_blocks=len(rows)).map(
            partial(_done, work=work), num_cpus=cores, max_retries=RETRIES
        )
        try:
            for row in done.iter_rows():
                result, error = ray.cloudpickle.loads(row["result"])
                if error is not None:
                    raise error
                yield result
        except ray.exceptions.RayError as error:
            words = str(error).strip().splitlines()[-1]
            raise WorkerLostError(f"a process of the Ray cluster ended while it worked ({words})") from error


def _done(row: dict[str, Any], work: Callable[[Any], Any]) -> dict[str, bytes]:
    """What `work` made of one part, or what it raised: Ray would wrap that."""
    from ray import cloudpickle

    try:
        return {"result": cloudpickle.dumps((work(cloudpickle.loads(row["part"])), None))}
    except Exception as error:
        return {"result": cloudpickle.dumps((None, error))}
