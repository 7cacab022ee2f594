"""Votes of an ONNX tagger file, here a tiny one whose answers are plain: it looks at the mean colour."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from anime_gen.images import ArrayFaces
from anime_gen.tagging.config import OnnxConfig
from anime_gen.tagging.targets import Targets
from anime_gen.tagging.weak_supervision.onnx_tagger import OnnxTagger, add_votes, tags_of
from tests.tagging.toys import vocabulary

TAGS = ("blue_hair", "green_hair", "red_hair")  # the input is BGR


@pytest.fixture
def config(tmp_path: Path) -> OnnxConfig:
    nodes = [
        helper.make_node("ReduceMean", ["picture", "axes"], ["mean"], keepdims=0),
        helper.make_node("Div", ["mean", "scale"], ["out"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 16, 16, 3])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", 3])],
        [
            helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2]),
            helper.make_tensor("scale", TensorProto.FLOAT, [1], [255.0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, tmp_path / "model.onnx")
    rows = "\n".join(f"{number},{name},0,9" for number, name in enumerate(TAGS))
    (tmp_path / "selected_tags.csv").write_text(f"tag_id,name,category,count\n{rows}\n")
    return OnnxConfig(model=str(tmp_path / "model.onnx"), tags=str(tmp_path / "selected_tags.csv"))


def test_votes_fill_gaps_only_where_the_tagger_is_sure(config: OnnxConfig, tmp_path: Path) -> None:
    pictures = np.zeros((4, 32, 32, 3), np.uint8)
    for row, channel in enumerate((0, 1, 2)):
        pictures[row, :, :, channel] = 250
    targets = Targets(vocabulary(), 4)
    targets.put("hair_color", np.array([1]), ["blue"], 1.0)  # a person disagrees with the tagger
    voted = add_votes(targets, ArrayFaces(pictures), config, 0.3, tmp_path / "cache")
    assert list(voted) == [True, False, True, False]
    assert list(targets.values["hair_color"][:3]) == [0.0, 2.0, 2.0]
    assert np.isnan(targets.values["hair_color"][3])
    assert targets.weights["hair_color"][0] == pytest.approx(0.3)
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_names_of_tags() -> None:
    assert tags_of(vocabulary()["glasses"]) == {"1": ("glasses",)}
    assert tags_of(vocabulary()["hair_color"])["red"] == ("red_hair",)
    assert tags_of(vocabulary()["hair_length"]) == {}


def test_files_that_do_not_fit_are_named(config: OnnxConfig) -> None:
    Path(config.tags).write_text("name\nblue_hair\n")
    with pytest.raises(ValueError, match=r"gives 3 tags, but .* lists 1"):
        OnnxTagger(config)
    Path(config.tags).unlink()
    with pytest.raises(FileNotFoundError, match=r"selected_tags\.csv"):
        OnnxTagger(config)
