"""The tag stage over literals: names, parameters, outputs."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from anime_gen.attributes import GROUPS, Vocabulary
from anime_gen.datasets import TaggerDataset
from anime_gen.images import write_store
from anime_gen.pipelines.tag.nodes import assemble_tagger, tag_faces
from anime_gen.pipelines.tag.pipeline import create_pipeline
from anime_gen.pipelines.train.parameters import TrainParameters
from anime_gen.tagging.classifiers.trained_group import TrainedGroup
from anime_gen.tagging.config import LabelsConfig, SubModelConfig, TaggingConfig, TrainingConfig
from tests.tagging.toys import ENTRIES, faces

CONF = Path(__file__).parents[3] / "conf"


def parameters(environment: str) -> dict:
    return yaml.safe_load((CONF / environment / "parameters" / "tag.yml").read_text())["tag"]


def generator(condition: str) -> TrainParameters:
    return TrainParameters.model_validate({"condition": condition})


def test_parameter_files_are_valid() -> None:
    base = parameters("base")
    for environment in ("base", "smoke", "crypko"):
        over = parameters(environment)
        TrainingConfig(**{**base["training"], **over.get("training", {})})
        LabelsConfig(**{**base["labels"], **over.get("labels", {})})
        for group in GROUPS:
            size = SubModelConfig(**{**base[group]["sub_model"], **over.get(group, {}).get("sub_model", {})})
            assert size.group == group


def test_each_group_has_a_namespace_of_its_own() -> None:
    names = {node.name for node in create_pipeline().nodes}
    assert {f"tag.{group}.train_sub_model" for group in GROUPS} <= names
    assert create_pipeline().outputs() == {"tags", "tagging_report"}


def test_the_stage_over_literals(tmp_path: Path) -> None:
    pictures, labels = faces(160)
    index = pd.DataFrame({"id": [f"p{k}" for k in range(160)], "split": ["train"] * 130 + ["tag_test"] * 30})
    for name in ENTRIES:
        index[f"label.{name}"] = [entry[name] for entry in labels]
    inputs = {
        "face_store": write_store(tmp_path / "faces", pictures),
        "face_index": index,
        "label_answers": None,
        "tagging_work": tmp_path / "work",
        **{f"{group}_sub_model_before": None for group in GROUPS},
        "params:attributes": Vocabulary.parse(ENTRIES),
        "params:tag.training": TrainingConfig(input_px=32, batch=32),
        "params:tag.labels": LabelsConfig(),
        "params:tag.tagging": TaggingConfig(),
        "params:train": generator("tags"),
        **{f"params:tag.{g}.sub_model": SubModelConfig(group=g, width=4, epochs=1) for g in GROUPS},
    }
    catalog = DataCatalog({name: MemoryDataset(value, copy_mode="assign") for name, value in inputs.items()})
    catalog["tagger"] = TaggerDataset(filepath=str(tmp_path / "taggers/tagger.json"))
    made = SequentialRunner().run(create_pipeline(), catalog)
    tagger, tags, report = catalog.load("tagger"), made["tags"].load(), made["tagging_report"].load()
    assert list(tags["id"]) == list(index["id"])
    assert set(report) == set(ENTRIES)
    assert np.isfinite(tags["hair_length.confidence"]).all()
    assert np.isfinite(tags["soft.hair_color:red"]).all()
    assert list(tagger.vocabulary) == list(ENTRIES)


def test_without_labels_only_training_without_a_condition_goes_on(tmp_path: Path) -> None:
    report = {"hair_length": {"kind": "continuous", "reason": "no label"}}
    untrained = TrainedGroup({"group": "hair", "trained": False, "report": report}, None)
    vocabulary = Vocabulary.parse(ENTRIES)
    with pytest.raises(ValueError, match=r"no attribute has enough labels.*train\.condition=none"):
        assemble_tagger(vocabulary, generator("tags"), untrained)
    tagger, told = assemble_tagger(vocabulary, generator("none"), untrained)
    assert told == report
    index = pd.DataFrame({"id": ["a", "b"], "split": ["train", "train"]})
    store = write_store(tmp_path / "faces", np.zeros((2, 16, 16, 3), np.uint8))
    assert tag_faces(tagger, store, index, tmp_path, TaggingConfig()).columns.tolist() == ["id"]
