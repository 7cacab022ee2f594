from pathlib import Path

import numpy as np
import pytest
import yaml

from anime_gen.attributes import Vocabulary
from anime_gen.drawing import render, sample_characters
from anime_gen.stylegan2.networks.weights import load_generator
from anime_gen.train_drawn import drawn_faces, main

ROOT = Path(__file__).parents[1]
VOCABULARY = Vocabulary.parse(
    yaml.safe_load((ROOT / "conf/base/parameters/attributes.yml").read_text(encoding="utf-8"))["attributes"]
)


def test_faces_are_those_of_a_mixed_source_with_their_exact_attributes(tmp_path: Path) -> None:
    faces, values = drawn_faces(tmp_path, VOCABULARY, 7, seed=3, size_px=16)
    fourth = sample_characters(1, 3, "independent", start=3)[0]
    assert np.array_equal(faces.read(np.array([3]))[0], render(fourth, 16))
    labels = fourth.labels()
    told = dict(zip(VOCABULARY, values[3], strict=True))
    assert told["smile"] == labels["smile"]
    assert VOCABULARY["hair_style"].classes[int(told["hair_style"])] == labels["hair_style"]
    assert np.isnan(told["glasses_size"]) == (labels["glasses_size"] is None)
    written = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    drawn_faces(tmp_path, VOCABULARY, 7, seed=3, size_px=16)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == written


def test_one_command_trains_a_conditional_generator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    config = {
        "condition": "tags",
        "network": {"resolution": 16, "channel_base": 128, "channel_max": 16, "z_dim": 16, "w_dim": 16},
        "growth": {"enabled": False, "full_size_images": 8, "stages": [{"resolution_px": 16, "batch": 4}]},
    }
    path = tmp_path / "train.yml"
    path.write_text(yaml.safe_dump({"train": config}), encoding="utf-8")
    arguments = ["--config", str(path), "--faces", "12", "--run", str(tmp_path / "runs")]
    assert main(arguments) == 0
    finished = Path(capsys.readouterr().out.strip().splitlines()[-1].split(": ")[1])
    assert "smile" in load_generator(finished).config.condition
    assert main([*arguments, "--set", 'tags.left_out=["smle"]']) == 2
    assert "smle" in capsys.readouterr().out
