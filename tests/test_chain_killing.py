"""Killed at thirty random moments of the whole chain: the same command ends with the same bytes, no run RUNNING."""

import hashlib
import random
import shutil
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
from safetensors.numpy import load_file

from tests.smoke_project import fresh_project, left_running, run, start

pytestmark = pytest.mark.slow
KILLS = 30
SMALL = "--params=source.count=200"
IMPORTS_S = 4  # before that nothing was begun


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


def test_thirty_kills_over_the_whole_chain(tmp_path: Path):
    whole = fresh_project(tmp_path / "whole")
    begun = time.monotonic()
    run(whole, SMALL)
    seconds, wanted = time.monotonic() - begun, result(whole)

    project, moments, kills = fresh_project(tmp_path / "killed"), random.Random(0), 0
    while kills < KILLS:
        process = start(project, SMALL)
        try:
            output = process.communicate(timeout=moments.uniform(IMPORTS_S, seconds / 2))[0]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            continue
        assert process.returncode == 0, output[-3000:]
        assert left_running(project) == []
        assert result(project) == wanted
        shutil.rmtree(project / "data")  # it got through in spite of all: from the beginning again
    run(project, SMALL)
    assert left_running(project) == []
    assert result(project) == wanted
