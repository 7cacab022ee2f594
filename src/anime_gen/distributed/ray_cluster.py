"""The connection of this process to a Ray cluster. Extra `ray` of the package."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger(__name__)
STARTS = 3  # Ray gives a cluster 30 seconds to start and lets nobody change that; a busy machine may need more


@contextmanager
def connected() -> Iterator[Any]:
    """The module `ray`, connected: to the cluster of RAY_ADDRESS, else to one started on this machine for as long.

    A connection that is there already is used and stays. Raises ValueError without the package, where no cluster
    answers, or where none can be started.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no report to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ValueError("engine: ray needs the package ray: pip install 'anime_gen[ray]'") from error
    if ray.is_initialized():
        yield ray
        return
    address = os.environ.get("RAY_ADDRESS")
    if address:
        _join(ray, address)
    else:
        _start(ray)
    try:
        yield ray
    finally:
        ray.shutdown()


def _join(ray: Any, address: str) -> None:
    try:
        ray.init(log_to_driver=False, logging_level="ERROR")
    except ConnectionError as error:
        raise ValueError(f"no Ray cluster answers at {address}; see RAY_ADDRESS, and ray start") from error


def _start(ray: Any) -> None:
    """A cluster of this machine alone. A start that took too long has read from the disk what makes the next faster."""
    for left in reversed(range(STARTS)):
        try:
            ray.init(log_to_driver=False, logging_level="ERROR", include_dashboard=False, _node_ip_address="127.0.0.1")
            return
        except Exception as error:  # Ray has no type of its own for it
            ray.shutdown()
            if "timed out" not in str(error):
                raise
            if not left:
                raise ValueError(
                    f"Ray did not start on this machine within its own 30 seconds, {STARTS} times: it is too busy. Use "
                    "engine: processes, or start a cluster with `ray start --head` and give its address as RAY_ADDRESS"
                ) from error
            logger.warning("Ray did not start within its own 30 seconds; trying again (%d tries left)", left)
