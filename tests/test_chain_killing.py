"""Killed at random moments of every stage: the same command ends with the same bytes, and no run is left RUNNING.

`KILLS=10 pytest tests/test_chain_killing.py -m slow` for fewer than thirty. Each stage is killed by itself, often if it
takes long, so that the cost is that of two chains and of starting once a kill.
"""

import hashlib
import os
import random
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
from safetensors.numpy import load_file

from tests.smoke_project import fresh_project, left_running, run, start

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("KILLS", "30"))
STAGES = ("ingest", "tag", "train", "directions", "evaluate", "publish")
BEGUN = "Source:"  # the line after which a command does its work
GROWTH = "[{resolution_px: 16, stable_images: 1024, batch: 32, learning_rate: 0.004}]"
SMALL = (
    f"--params=source.count=200,train.growth.stages={GROWTH},train.run.checkpoint_images=256,"
    "directions.judge.compare=false"
)


def result(project: Path) -> dict[str, str]:
    """Every network tensor by tensor (their cards tell how long it took), and every table."""
    data = project / "data/smoke"
    digests = {}
    for path in [*data.glob("06_models/*.safetensors"), *data.glob("06_models/taggers/*.safetensors")]:
        for name, tensor in load_file(path).items():
            digests[f"{path.name}:{name}"] = hashlib.sha256(tensor.tobytes()).hexdigest()
    for path in (data / "05_model_input/tags.parquet", data / "02_intermediate/face_index.parquet"):
        table = pd.util.hash_pandas_object(pd.read_parquet(path).astype(str))
        digests[path.name] = hashlib.sha256(table.to_numpy().tobytes()).hexdigest()
    return digests


def begun(project: Path, stage: str) -> subprocess.Popen[str]:
    """A stage's command, past its imports."""
    process = start(project, f"--pipelines={stage}", SMALL)
    said = ""
    while BEGUN not in (line := process.stdout.readline()):
        said += line
        assert line or process.poll() is None, said
    return process


def killed(project: Path, stage: str, after: float) -> bool:
    """Whether the command was still at work `after` seconds, and is dead now."""
    process = begun(project, stage)
    try:
        said = process.communicate(timeout=after)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    assert process.returncode == 0, said[-3000:]
    return False


def test_kills_at_random_moments_of_every_stage(tmp_path: Path):
    whole, seconds = fresh_project(tmp_path / "whole"), {}
    for stage in STAGES:
        process = begun(whole, stage)
        since = time.monotonic()
        said = process.communicate()[0]
        assert process.returncode == 0, said[-3000:]
        seconds[stage] = time.monotonic() - since
    wanted = result(whole)

    project, moments = fresh_project(tmp_path / "killed"), random.Random(0)
    drawn = [*STAGES, *moments.choices(STAGES, list(seconds.values()), k=max(0, KILLS - len(STAGES)))]
    kills = 0
    for stage in STAGES:
        for _ in range(drawn.count(stage)):
            kills += killed(project, stage, moments.uniform(0, seconds[stage] / 2))
        run(project, f"--pipelines={stage}", SMALL)
        assert left_running(project) == [], stage
    print(f"{kills} of {KILLS} met a command at work")
    assert kills > 0
    assert result(project) == wanted
