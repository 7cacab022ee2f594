import json

import pytest
import yaml
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from anime_gen.datasets import DirectionsDataset, MeasurerDataset
from anime_gen.evaluation.config import EditConfig, MeasurerConfig
from anime_gen.latent import DirectionConfig
from anime_gen.pipelines.directions.nodes import fit_directions
from anime_gen.pipelines.directions.pipeline import create_pipeline
from anime_gen.tagging.classifiers.tagger import Tagger
from tests.conftest import ATTRIBUTES, ROOT, tiny_generator, tiny_tagger

KEYS = {"hit_median", "hit_p90", "spearman", "leakage_mean", "leakage_max", "identity_drift", "reach"}
PARAMETERS = {
    "params:measurer": MeasurerConfig(pictures=64, test_pictures=32, epochs=1, cycles=1, batch=32, width=4),
    "params:directions.fit": DirectionConfig(
        samples=64, rank=4, layer_groups=2, calibration_characters=2, calibration_points=3
    ),
    "params:directions.judge": EditConfig(characters=4, requests=2, solve_steps=1, population=16, bootstrap=10),
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """The pipeline over an untrained generator and untrained taggers: the poorest model there can be."""
    inputs = {
        "generator": tiny_generator(),
        "generator_card": {},
        "tagger": tiny_tagger(),
        "measurer_before": None,
        **PARAMETERS,
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    folder = tmp_path_factory.mktemp("data")
    catalog["measurer"] = MeasurerDataset(filepath=str(folder / "measurer.safetensors"))
    catalog["directions"] = DirectionsDataset(filepath=str(folder / "directions.safetensors"))
    made = SequentialRunner().run(create_pipeline(), catalog)
    reports = {name: made[name].load() for name in ("directions_report", "edits_report")}
    return reports | {name: catalog.load(name) for name in ("measurer", "directions")}


def test_every_slider_gets_its_figures_and_they_are_json(outcome):
    report = outcome["directions_report"]
    assert set(report) == set(ATTRIBUTES)
    assert all(entry.keys() >= KEYS for entry in report.values())
    json.dumps(outcome["directions_report"], allow_nan=False)
    json.dumps(outcome["edits_report"], allow_nan=False)
    assert {"solve", "do_nothing", "interfacegan", "tl_gan", "linear"} == set(outcome["edits_report"]["methods"])


def test_directions_and_measurer_are_handed_on(outcome):
    assert outcome["directions"].attributes == list(ATTRIBUTES)
    assert outcome["measurer"].width == 4


def test_without_sub_models_it_says_what_to_do():
    with pytest.raises(ValueError, match=r"no sub-models.*give some labels"):
        fit_directions(tiny_generator(), Tagger([]), PARAMETERS["params:directions.fit"])


@pytest.mark.parametrize("environment", ["base", "smoke", "crypko"])
def test_parameter_files_are_valid(environment):
    base = yaml.safe_load((ROOT / "conf/base/parameters/directions.yml").read_text())["directions"]
    own = yaml.safe_load((ROOT / f"conf/{environment}/parameters/directions.yml").read_text())["directions"]
    DirectionConfig(**base["fit"] | own["fit"])
    EditConfig(**base["judge"] | own["judge"])
    with pytest.raises(ValueError, match="sampels"):
        DirectionConfig(sampels=1)
