"""The environments for large pictures at their full widths: two steps each, on faces drawn at that size."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from anime_gen.stylegan2 import load_generator
from tests.smoke_project import fresh_project

GROUPS = ("expression", "eyewear", "hair", "eyes", "face", "accessories")
FEW = {
    "source": {"kind": "drawn", "count": 64},
    "tag": {"labels": {"taught_by": None, "weak_start": "none", "least": 20}}
    | {group: {"sub_model": {"epochs": 1}} for group in GROUPS},
}
STEPS = 2


@pytest.mark.slow
@pytest.mark.parametrize(("env", "side"), [("crypko", 256), ("crypko512", 512), ("crypko1024", 1024)])
def test_two_steps_of_training(env: str, side: int, tmp_path: Path):
    project = fresh_project(tmp_path)
    few = project / "conf/few/parameters.yml"
    few.parent.mkdir()
    (few.parent / "globals.yml").write_text(f"builds_on: {env}")
    stage = {"resolution_px": side, "batch": 2, "learning_rate": 0.002}
    growth = {"enabled": False, "full_size_images": STEPS * stage["batch"], "stages": [stage]}
    guard = {"alarm_pictures": 16}  # made at every checkpoint
    few.write_text(json.dumps(FEW | {"train": {"growth": growth, "optim": {"micro_batch": 1}, "guard": guard}}))
    environment = {key: value for key, value in os.environ.items() if key not in ("MLFLOW_TRACKING_URI", "KEDRO_ENV")}
    command = [sys.executable, "-m", "kedro", "run", "--env=few", "--pipelines=ingest,tag,train"]
    run = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    generator = load_generator(project / "data/06_models/generator.safetensors")
    assert generator.config.resolution == side
    assert generator.config.condition
    assert json.loads((project / "data/06_models/generator.json").read_text())["images_seen"] == STEPS * stage["batch"]
    with Image.open(project / "data/08_reporting/generator_samples.png") as samples:
        assert samples.width >= side
