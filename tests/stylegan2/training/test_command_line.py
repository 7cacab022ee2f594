import json
from pathlib import Path

import numpy as np
import pytest

from anime_gen.stylegan2.monitoring.grid import grid
from anime_gen.stylegan2.networks.weights import load_generator
from anime_gen.stylegan2.training.command_line import assign, build, main
from anime_gen.stylegan2.training.training_config import TrainingConfig
from tests.stylegan2.conftest import faces

SETTINGS = {
    "precision": "float32",
    "network": {"resolution": 8, "channel_base": 32, "channel_max": 4, "z_dim": 4, "w_dim": 4, "mapping_layers": 1},
    "growth": {"stages": [{"resolution_px": 8, "stable_images": 16, "batch": 8}]},
}


def test_trains_from_an_array_and_a_file_of_settings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "faces.npy", faces().read(np.arange(16)), allow_pickle=False)
    (tmp_path / "train.json").write_text(json.dumps({"train": SETTINGS}))
    arguments = ["train", "--array", str(tmp_path / "faces.npy"), "--run", str(tmp_path / "runs"), "--threads", "1"]
    arguments += ["--config", str(tmp_path / "train.json"), "--set", "loss.r1_gamma=0.3"]
    assert main(arguments) == 0
    path = Path(capsys.readouterr().out.split("s: ")[-1].strip())
    assert load_generator(path).config.resolution == 8


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("loss.r1_gama=1", "known here: kind, r1_gamma"),
        ("loss.r1_gamma=-1", "loss.r1_gamma must be >= 0"),
        ("seed", "KEY=VALUE"),
        ("network.resolution=24", "power of two"),
    ],
)
def test_wrong_settings_are_refused_in_words(
    tmp_path: Path, setting: str, complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--drawn", "4", "--run", str(tmp_path), "--set", setting]) == 2
    assert complaint in capsys.readouterr().out


def test_settings_nest() -> None:
    tree: dict[str, object] = {}
    assign(tree, "loss.kind=relativistic")
    assign(tree, "seed=3")
    config = build(TrainingConfig, tree, "")
    assert (config.loss.kind, config.seed) == ("relativistic", 3)
    staged = build(TrainingConfig, {**SETTINGS}, "")
    assert staged.growth.stages[0].batch == 8


def test_grids_fill_row_by_row() -> None:
    pictures = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1).repeat(3, axis=3)
    sheet = grid(pictures, columns=2, enlarge=2)
    assert sheet.shape == (4, 4, 3)
    assert sheet[::2, ::2, 0].tolist() == [[0, 1], [2, 255]]
