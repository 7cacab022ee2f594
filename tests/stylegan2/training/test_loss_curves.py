"""Recorded losses of a fixed run of 24 steps: whoever changes the mathematics of training sees it here.

`python -m tests.stylegan2.training.test_loss_curves` records them anew; say in the commit why they moved.
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from anime_gen.stylegan2.training.trainer import train
from anime_gen.tracking.memory_tracker import MemoryTracker
from tests.stylegan2.conftest import faces, tiny_config

RECORDED = Path(__file__).parents[2] / "golden" / "loss_curves.json"
WATCHED = ("loss/g", "loss/d", "r1_penalty", "path_length")
SAME = 0.01  # machines round otherwise, and that grows from step to step


def curves(folder: Path) -> dict[str, list[float]]:
    """Each watched figure after every second step, 8 pictures a step."""
    config = tiny_config()
    often = replace(config, run=replace(config.run, tick_images=16), loss=replace(config.loss, path_length_weight=2.0))
    tracker = MemoryTracker()
    train(often, faces(), folder, tracker)
    rows = [metrics for _, metrics in tracker.metrics]
    return {name: [row[name] for row in rows if name in row] for name in WATCHED}


@pytest.mark.parametrize("name", WATCHED)
def test_training_loses_what_it_always_lost(name: str, made: dict[str, list[float]]):
    assert made[name] == pytest.approx(json.loads(RECORDED.read_text())[name], rel=SAME, abs=1e-4)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    return curves(tmp_path_factory.mktemp("run"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        made_now = {name: [round(value, 6) for value in row] for name, row in curves(Path(place)).items()}
    RECORDED.write_text(json.dumps(made_now, indent=1) + "\n")
