import json
from pathlib import Path

import pytest
import yaml
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from anime_gen.evaluation import EditConfig, Measurer, MeasurerConfig
from anime_gen.latent import DirectionConfig, Directions
from anime_gen.pipelines.directions.pipeline import create_pipeline
from anime_gen.stylegan2 import save_network
from tests.conftest import ATTRIBUTES, CARD, ROOT, tiny_generator, tiny_tagger

KEYS = {"hit_median", "hit_p90", "spearman", "leakage_mean", "leakage_max", "identity_drift", "reach"}
PARAMETERS = {
    "params:measurer": MeasurerConfig(pictures=64, test_pictures=32, epochs=1, cycles=1, batch=32, width=4),
    "params:directions.fit": DirectionConfig(
        samples=64, rank=4, layer_groups=2, calibration_characters=2, calibration_points=3
    ),
    "params:directions.judge": EditConfig(characters=4, requests=2, solve_steps=1, population=16, bootstrap=10),
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """The pipeline over an untrained generator and untrained taggers: the poorest model there can be."""
    folder = tmp_path_factory.mktemp("data")
    save_network(tiny_generator(), folder / "generator.safetensors", CARD)
    tiny_tagger().save(folder / "taggers")
    inputs = {
        "generator_info": {"path": "generator.safetensors"},
        "taggers": {"folder": "taggers"},
        "data_folder": folder,
        **PARAMETERS,
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    outputs = SequentialRunner().run(create_pipeline(), catalog)
    return folder, {name: dataset.load() for name, dataset in outputs.items()}


def test_every_slider_gets_its_figures_and_they_are_json(outcome):
    _, outputs = outcome
    report = outputs["directions_report"]
    assert set(report) == set(ATTRIBUTES)
    assert all(entry.keys() >= KEYS for entry in report.values())
    json.dumps(outputs["directions_report"], allow_nan=False)
    json.dumps(outputs["edits_report"], allow_nan=False)
    assert {"solve", "do_nothing", "interfacegan", "tl_gan", "linear"} == set(outputs["edits_report"]["methods"])


def test_the_files_can_be_opened(outcome):
    folder, _ = outcome
    assert Directions.load(folder / "06_models/directions.safetensors").attributes == list(ATTRIBUTES)
    assert Measurer.load(folder / "06_models/measurer.safetensors").width == 4


@pytest.mark.parametrize("environment", ["base", "smoke", "crypko"])
def test_parameter_files_are_valid(environment):
    base = yaml.safe_load((ROOT / "conf/base/parameters/directions.yml").read_text())["directions"]
    own = yaml.safe_load((ROOT / f"conf/{environment}/parameters/directions.yml").read_text())["directions"]
    DirectionConfig(**base["fit"] | own["fit"])
    EditConfig(**base["judge"] | own["judge"])
    with pytest.raises(ValueError, match="sampels"):
        DirectionConfig(sampels=1)
