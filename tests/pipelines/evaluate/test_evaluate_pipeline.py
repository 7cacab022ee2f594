import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from anime_gen.drawing import render_many, sample_characters
from anime_gen.evaluation.config import MeasurerConfig, QualityConfig
from anime_gen.evaluation.faces import read_split
from anime_gen.evaluation.measurer import Measurer, drawn_vocabulary
from anime_gen.images import ArrayFaces, write_store
from anime_gen.latent import DirectionConfig, fit_directions
from anime_gen.pipelines.evaluate.pipeline import create_pipeline
from tests.conftest import ROOT, tiny_generator, tiny_tagger

KEYS = {
    *("resolution", "images_seen", "kid", "kid_noise_floor", "density", "coverage"),
    *("vendi", "vendi_data", "copies_flagged", "seconds"),
    *("kid_centre", "eyes_match", "eyes_match_data", "spread", "spread_mean", "obedience", "swap", "density_alarm"),
}
QUALITY = QualityConfig(samples=30, truncations=[0.5, 1.0], truncation_samples=20, grid=4, sweep_characters=1)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The pipeline over an untrained 16-px generator and a store of 32-px drawn faces without labels."""
    generator = tiny_generator()
    fit = DirectionConfig(samples=64, rank=4, layer_groups=2, calibration_characters=2, calibration_points=3)
    pictures = np.stack(list(render_many(sample_characters(70, 3), 32, workers=1)))
    inputs = {
        "generator": generator,
        "generator_card": {"images_seen": 12},
        "directions": fit_directions(generator, tiny_tagger(), fit),
        "measurer_before": None,
        "face_store": write_store(tmp_path_factory.mktemp("data"), pictures),
        "face_index": pd.DataFrame({"split": ["train"] * 45 + ["tag_test"] * 10 + ["held_out"] * 15}),
        "params:measurer": MeasurerConfig(pictures=64, test_pictures=32, epochs=1, cycles=1, batch=32, width=4),
        "params:evaluate": QUALITY,
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    outputs = SequentialRunner().run(create_pipeline(), catalog)
    return {name: dataset.load() for name, dataset in outputs.items()}


def test_the_report_has_its_keys_and_is_json(outcome):
    report = outcome["generator_report"]
    assert report.keys() >= KEYS
    assert (report["resolution"], report["images_seen"]) == (16, 12)
    assert report["counts"] == {"samples": 30, "held_out": 25, "train": 45}
    assert [point["psi"] for point in report["truncation"]] == [0.5, 1.0]
    json.dumps(report, allow_nan=False)


def test_noise_is_worse_than_the_noise_floor(outcome):
    report = outcome["generator_report"]
    assert report["kid"] > 5 * abs(report["kid_noise_floor"])
    assert report["marginal_distance"] > report["marginal_distance_noise_floor"]
    assert report["coverage"] < report["coverage_data"]
    assert report["vendi"] < report["vendi_data"]
    assert not report["copying"]


@pytest.mark.parametrize("name", ["samples", "held_out", "nearest", "truncation", "spread", "sweeps"])
def test_there_are_pictures_to_look_at(outcome, name):
    sheet = outcome[f"{name}_sheet"]
    assert (sheet.dtype, sheet.ndim) == (np.uint8, 3)
    assert sheet.std() > 5


def test_held_out_faces_are_never_training_faces():
    pictures = np.arange(10, dtype=np.uint8).repeat(4 * 4 * 3).reshape(10, 4, 4, 3)
    splits = np.array(["train"] * 6 + ["held_out"] * 3 + ["tag_test"])
    chosen = read_split(ArrayFaces(pictures), splits, ("held_out", "tag_test"), 100, seed=0)
    assert sorted(chosen[:, 0, 0, 0]) == [6, 7, 8, 9]
    with pytest.raises(ValueError, match="ingest"):
        read_split(ArrayFaces(pictures), splits[:5], ("train",), 3, seed=0)


@pytest.mark.parametrize("environment", ["base", "smoke", "crypko"])
def test_parameter_files_are_valid(environment):
    base = yaml.safe_load((ROOT / "conf/base/parameters/evaluate.yml").read_text())
    own = yaml.safe_load((ROOT / f"conf/{environment}/parameters/evaluate.yml").read_text())
    MeasurerConfig(**base["measurer"] | own.get("measurer", {}))
    QualityConfig(**base["evaluate"] | own["evaluate"])


def test_a_set_too_small_to_judge_by_gives_an_empty_report_that_says_why(tmp_path: Path):
    from anime_gen.pipelines.evaluate.nodes import judge_generator

    store = write_store(tmp_path, np.stack(list(render_many(sample_characters(30, 3), 32, workers=1))))
    index = pd.DataFrame({"split": ["train"] * 28 + ["tag_test", "held_out"]})
    measurer = Measurer(drawn_vocabulary(), width=4)
    made = judge_generator(tiny_generator(), {"images_seen": 12}, measurer, store, index, QUALITY)
    report = made.pop("report")
    assert report.keys() >= KEYS - {"seconds"}
    assert all(report[name] is None for name in ("kid", "coverage", "density", "vendi", "copies_flagged"))
    assert "2 unseen and 28 training faces" in report["reason"]
    json.dumps(report, allow_nan=False)
    assert all(sheet.std() > 5 for sheet in made.values())
    assert set(made) == {"samples", "held_out", "nearest", "truncation", "spread"}
