import json
from pathlib import Path

import pandas as pd
import pytest
from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from anime_gen.datasets import BundleDataset
from anime_gen.evaluation.measurer import Measurer, drawn_vocabulary
from anime_gen.images import write_store
from anime_gen.pipelines.publish.pipeline import create_pipeline
from anime_gen.serving.bundle import Bundle
from anime_gen.serving.gate import sample
from anime_gen.serving.publishing import PublishConfig
from anime_gen.serving.registry import load_champion
from anime_gen.settings import CONFIG_LOADER_ARGS
from anime_gen.stylegan2 import load_discriminator
from anime_gen.tracking.store import TrackingStore
from tests.conftest import ROOT, tiny_generator


def configured(env: str) -> PublishConfig:
    loader = OmegaConfigLoader(str(ROOT / "conf"), env=env, **CONFIG_LOADER_ARGS)
    return PublishConfig.model_validate(loader["parameters"]["publish"])


def test_every_environment_has_a_valid_configuration():
    assert configured("local") == PublishConfig(shipped="data/06_models/shipped")
    assert configured("smoke").shipped is None
    assert configured("crypko").gate.faces > configured("local").gate.faces


@pytest.fixture
def catalog(tmp_path: Path, bundle_folder: Path, store: TrackingStore) -> DataCatalog:
    """What the stages before leave: networks, their cards, forty faces."""
    bundle, measurer = Bundle.load(bundle_folder), Measurer(drawn_vocabulary(), width=4).eval()
    literals = {
        "generator": bundle.generator,
        "discriminator": load_discriminator(bundle_folder / "discriminator.safetensors"),
        "tagger": bundle.tagger,
        "directions": bundle.directions,
        "generator_card": {"resolution": 16, "source": "drawn"},
        "data_card": {"licence": "CC0-1.0"},
        "generator_report": {"kid": 0.5},
        "tagging_report": {},
        "directions_report": {},
        "measurer": measurer,
        "face_store": write_store(tmp_path / "faces", sample(tiny_generator(), 40, 16, seed=0)),
        "face_index": pd.DataFrame(
            {"split": ["train"] * 20 + ["held_out"] * 20, "source_name": [f"{n}.png" for n in range(40)]}
        ),
        "tracking_store": store,
        "params:publish": configured("smoke"),
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in literals.items()})
    catalog["bundle"] = BundleDataset(filepath=str(tmp_path / "bundle"))
    return catalog


def test_the_stage_leaves_a_bundle_and_a_champion(catalog: DataCatalog, tmp_path: Path, store: TrackingStore):
    outputs = SequentialRunner().run(create_pipeline(), catalog)
    report = outputs["publish_report"].load()
    json.dumps(report, allow_nan=False)
    assert (report["version"], report["champion"], report["promoted"]) == ("1", "1", True)
    bundle = Bundle.load(tmp_path / "bundle")
    assert bundle.card["licence"] == "CC0-1.0"
    assert (bundle.folder / "discriminator.safetensors").is_file()  # so that training can go on from the bundle
    assert bundle.originals is not None
    again = bundle.originals.likeness(sample(tiny_generator(), 40, 16, seed=0)[7])  # a training face itself
    assert (again.name, again.too_near) == ("7.png", True)
    champion, version = load_champion(store)
    assert (champion.sha256, version) == (bundle.sha256, "1")


def test_too_few_faces_leave_a_bundle_that_cannot_tell_copies(catalog: DataCatalog, tmp_path: Path):
    few = pd.DataFrame({"split": ["train"] * 10 + ["held_out"] * 30, "source_name": [f"{n}.png" for n in range(40)]})
    catalog["face_index"] = MemoryDataset(few)
    SequentialRunner().run(create_pipeline(), catalog)
    assert Bundle.load(tmp_path / "bundle").originals is None
