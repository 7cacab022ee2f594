"""Workers as tasks of a Ray cluster, on whatever machines it has; the leading process is its driver.

They must see the same files as this process, under the same names. With the environment variable RAY_ADDRESS that
cluster is joined, else one of this machine alone is started and ended again (see ray_cluster.py).
"""

import socket
from contextlib import ExitStack
from typing import Any

from anime_gen.distributed.crew import Work, check_room, meeting_place, work
from anime_gen.distributed.ray_cluster import connected


def places(device: str) -> int:
    """GPUs or cores of the whole cluster."""
    with connected() as ray:
        return _places(ray, device)


class RayTasks:
    """A crew (see crew.py) of Ray tasks that meet at a port of this machine."""

    def __init__(self, follow: Work, workers: int, device: str) -> None:
        with ExitStack() as stack:
            self._ray = ray = stack.enter_context(connected())
            check_room(workers, _places(ray, device), device, "the Ray cluster")
            address = ray.util.get_node_ip_address()
            self.interface = _interface(address)
            self.meeting = meeting_place(address)
            gpus = 1 if device == "cuda" else 0
            # The driver computes too, but Ray does not know: a task that does nothing holds the driver's GPU for it.
            self._seat = ray.remote(num_cpus=0, num_gpus=gpus)(_Seat).options(scheduling_strategy=_here(ray)).remote()
            self.gpu = ray.get(self._seat.gpu.remote())
            task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=0)(_task)
            place = (address, self.meeting.port)
            self._tasks = [task.remote(follow, rank, workers, *place, device) for rank in range(1, workers)]
            self._connection = stack.pop_all()

    def finish(self) -> None:
        """Go on when all have ended."""
        self._ray.get(self._tasks)

    def lost(self) -> bool:
        """Whether one has ended already."""
        return bool(self._ray.wait(self._tasks, timeout=0)[0])

    def who_was_lost(self) -> str:
        """In Ray's words; it learns of it a moment after the connection broke."""
        for task in self._ray.wait(self._tasks, num_returns=len(self._tasks), timeout=5.0)[0]:
            try:
                self._ray.get(task)
            except self._ray.exceptions.RayError as error:
                return f"a worker was lost ({str(error).strip().splitlines()[0]})"
        return "a worker was lost"

    def close(self) -> None:
        """End those that still run, and the cluster if it was started for them."""
        for task in self._tasks:
            self._ray.cancel(task, force=True)
        self._ray.kill(self._seat)
        self._connection.close()


class _Seat:
    def gpu(self) -> int:
        import ray

        return int((ray.get_gpu_ids() or [0])[0])


def _places(ray: Any, device: str) -> int:
    return int(ray.cluster_resources().get("GPU" if device == "cuda" else "CPU", 0))


def _here(ray: Any) -> Any:
    """The machine of this process as the only place for an actor."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)


def _task(follow: Work, rank: int, workers: int, address: str, port: int, device: str) -> None:
    import ray

    interface = _interface(ray.util.get_node_ip_address())
    work(follow, rank, workers, address, port, interface, device, gpu=0)  # Ray shows it no GPU but its own


def _interface(address: str) -> str:
    """The network interface of this machine that has the IPv4 address."""
    import psutil

    for name, addresses in psutil.net_if_addrs().items():
        if any(entry.family == socket.AF_INET and entry.address == address for entry in addresses):
            return str(name)
    raise ValueError(f"no network interface of this machine has the address {address}")
