"""The connection of this process to a Ray cluster. Extra `ray` of the package."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def connected() -> Iterator[Any]:
    """The module `ray`, connected: to the cluster of RAY_ADDRESS, else to one started on this machine for as long.

    A connection that is there already is used and stays. Raises ValueError without the package, or where no cluster
    answers.
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
    own = {} if address else {"include_dashboard": False, "_node_ip_address": "127.0.0.1"}
    try:
        ray.init(log_to_driver=False, logging_level="ERROR", **own)
    except ConnectionError as error:
        raise ValueError(f"no Ray cluster answers at {address}; see RAY_ADDRESS, and ray start") from error
    try:
        yield ray
    finally:
        ray.shutdown()
