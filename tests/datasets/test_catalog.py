"""The catalog as Kedro reads it from conf/: every dataset of every stage is there and gives back what it was given."""

import shutil
from graphlib import TopologicalSorter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from kedro.io import DataCatalog, DatasetError
from PIL import Image

from anime_gen.images import write_store
from anime_gen.labels.store import LabelStore, Signature
from anime_gen.pipeline_registry import register_pipelines
from anime_gen.project import open_project
from anime_gen.serving.bundle import Bundle, BundleParts
from anime_gen.stylegan2 import Discriminator
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tagging.classifiers.trained_group import TrainedGroup
from tests.conftest import CARD, ROOT, TINY, tiny_generator, tiny_tagger


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataCatalog:
    """That of a project in this folder."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    return DataCatalog.from_config(open_project(tmp_path).loader["catalog"])


def test_every_dataset_of_every_stage_is_in_the_catalog_files(catalog: DataCatalog):
    datasets = set().union(*(pipeline.datasets() for pipeline in register_pipelines().values()))
    assert {name for name in datasets if not name.startswith("params:") and name not in catalog} == set()


def test_everything_lies_in_the_folder_of_the_source(catalog: DataCatalog, tmp_path: Path):
    catalog.load("training_runs")
    catalog.save("tags", pd.DataFrame({"id": ["a"]}))
    assert {path.name for path in tmp_path.iterdir()} == {"conf", "data"}
    assert (tmp_path / "data/05_model_input/tags.parquet").is_file()


def test_faces_are_named_and_mapped_not_copied(catalog: DataCatalog, tmp_path: Path):
    pictures = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3)).astype(np.uint8)
    store = write_store(catalog.load("face_stores") / "drawn", pictures)
    store.source["kind"] = "drawn"
    catalog.save("face_store", store)
    loaded = catalog.load("face_store")
    assert (loaded.place, loaded.source) == (store.place, {"kind": "drawn"})
    assert (loaded.read(np.arange(5)) == pictures).all()
    assert (tmp_path / "data/02_intermediate/face_store.json").stat().st_size < 1000


def test_networks_keep_weights_and_card(catalog: DataCatalog):
    for name, network in {"generator": tiny_generator(), "discriminator": Discriminator(TINY)}.items():
        network.card = CARD
        catalog.save(name, network)
        loaded = catalog.load(name)
        assert (type(loaded), loaded.card, loaded.training) == (type(network), CARD, False)
        assert all(torch.equal(tensor, loaded.state_dict()[key]) for key, tensor in network.state_dict().items())


def test_a_group_keeps_its_sub_model_or_the_reason_why_it_has_none(catalog: DataCatalog, tmp_path: Path):
    assert catalog.load("hair_sub_model_before") is None
    hair = TrainedGroup({"group": "hair", "trained": True}, tiny_tagger().sub_models["hair"])
    catalog.save("hair_sub_model", hair)
    for name in ("hair_sub_model", "hair_sub_model_before"):
        loaded = catalog.load(name)
        assert loaded.card == hair.card
        weights = loaded.model.network.state_dict()
        assert all(torch.equal(tensor, weights[key]) for key, tensor in hair.model.network.state_dict().items())
    catalog.save("hair_sub_model", TrainedGroup({"group": "hair", "trained": False}, None))
    assert catalog.load("hair_sub_model").model is None
    assert catalog.exists("hair_sub_model")
    assert not list(tmp_path.rglob("hair.safetensors"))


def test_a_deleted_or_damaged_sub_model_is_made_again(catalog: DataCatalog, tmp_path: Path):
    catalog.save("hair_sub_model", TrainedGroup({"group": "hair", "trained": True}, tiny_tagger().sub_models["hair"]))
    weights = tmp_path / "data/06_models/taggers/hair.safetensors"
    weights.write_bytes(b"half a file")
    assert catalog.load("hair_sub_model_before") is None
    with pytest.raises(DatasetError, match="run the tag pipeline again"):
        catalog.load("hair_sub_model")
    weights.unlink()
    assert not catalog.exists("hair_sub_model")


def test_all_sub_models_make_one_tagger(catalog: DataCatalog, tmp_path: Path):
    tagger, images = tiny_tagger(), torch.rand(2, 3, 16, 16) * 2 - 1
    assert not catalog.exists("tagger")
    catalog.save("tagger", tagger)
    assert catalog.exists("tagger")
    assert torch.equal(catalog.load("tagger").readout(images), tagger.readout(images))
    (tmp_path / "data/06_models/taggers/hair.safetensors").unlink()
    assert not catalog.exists("tagger")  # what needs it must not run before the sub-model is made again
    catalog.save("tagger", Tagger([]))
    assert catalog.exists("tagger")
    assert catalog.load("tagger").columns == []


def test_answers_are_none_until_somebody_gives_one(catalog: DataCatalog, tmp_path: Path):
    assert catalog.load("label_answers") is None
    store = LabelStore(tmp_path / "data/01_raw/labels.sqlite")
    store.answer_each([("glasses", "p0", 1.0)], Signature("ann", "random", "v"))
    assert len(catalog.load("label_answers").standing("glasses")) == 1


def test_a_bundle_is_verified_when_it_is_loaded(catalog: DataCatalog, bundle: Bundle, tmp_path: Path):
    catalog.save("directions", bundle.directions)
    parts = bundle.generator, Discriminator(TINY), bundle.tagger, catalog.load("directions"), bundle.card, {}
    catalog.save("bundle", BundleParts(*parts))
    assert catalog.load("bundle").sha256 == bundle.sha256
    (tmp_path / "data/06_models/bundle/card.json").write_text("{}")
    with pytest.raises(DatasetError, match=r"card\.json"):
        catalog.load("bundle")


def test_sheets_are_pictures_that_kedro_viz_shows(catalog: DataCatalog, tmp_path: Path):
    sheet = np.random.default_rng(0).integers(0, 256, (6, 9, 3)).astype(np.uint8)
    catalog.save("sweeps_sheet", sheet)
    assert (np.asarray(Image.open(tmp_path / "data/08_reporting/sweeps.png")) == sheet).all()
    assert catalog["sweeps_sheet"].preview().startswith("iVBORw0KGgo")


def test_layers_go_one_way_else_kedro_viz_drops_them(catalog: DataCatalog):
    def layer(name: str) -> str | None:
        metadata = None if name.startswith("params:") else getattr(catalog[name], "metadata", None)
        return metadata["kedro-viz"]["layer"] if metadata else None

    below: dict[str, set[str]] = {}
    for node in register_pipelines()["__default__"].nodes:
        for made in filter(None, map(layer, node.outputs)):
            below.setdefault(made, set()).update({layer(name) for name in node.inputs} - {None, made})
    assert list(TopologicalSorter(below).static_order())[-1] == "published"
