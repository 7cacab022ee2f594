"""Runs whose process was killed: nobody could close them, so the next run on the same machine does."""

import os
import socket
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from mlflow import MlflowClient

PROCESS = "process"
"""Tag of every run: who works on it."""


def this_process() -> str:
    """Machine, process and when it began: a number alone is given again to others."""
    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.0f}"


def close_abandoned(client: "MlflowClient") -> int:
    """End as KILLED the RUNNING runs of processes of this machine that are gone; how many there were."""
    closed = 0
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    for run in client.search_runs(experiments, "attributes.status = 'RUNNING'", max_results=1000):
        if _is_gone(run.data.tags.get(PROCESS, "")):
            client.set_terminated(run.info.run_id, "KILLED")
            closed += 1
    return closed


def _is_gone(process: str) -> bool:
    machine, _, rest = process.partition(" ")
    number, _, began = rest.partition(" ")
    if machine != socket.gethostname() or not number.isdigit():
        return False
    try:
        return f"{psutil.Process(int(number)).create_time():.0f}" != began
    except psutil.NoSuchProcess:
        return True
