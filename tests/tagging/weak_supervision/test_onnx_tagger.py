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
from anime_gen.tagging.weak_supervision.tag_lists import read_tags
from tests.tagging.toys import vocabulary

TAGS = ("blue_hair", "green_hair", "red_hair")  # the input is BGR


def tagger_file(
    folder: Path,
    *,
    batch: int | str = "n",
    size: int | str = 16,
    scale: float = 255.0,
    offset: float = 0.0,
    input_type: int = TensorProto.FLOAT,
    tags: int | str = 3,
) -> OnnxConfig:
    """A file whose three answers are the mean blue, green and red over ``scale``, less ``offset``."""
    nodes = [
        helper.make_node("Cast", ["picture"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["mean"], keepdims=0),
        helper.make_node("Div", ["mean", "scale"], ["shares"]),
        helper.make_node("Sub", ["shares", "offset"], ["out"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("picture", input_type, [batch, size, size, 3])],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, [batch, tags])],
        [
            helper.make_tensor("axes", TensorProto.INT64, [2], [1, 2]),
            helper.make_tensor("scale", TensorProto.FLOAT, [1], [scale]),
            helper.make_tensor("offset", TensorProto.FLOAT, [1], [offset]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, folder / "model.onnx")
    rows = "\n".join(f"{number},{name},0,9" for number, name in enumerate(TAGS))
    (folder / "selected_tags.csv").write_text(f"tag_id,name,category,count\n{rows}\n")
    return OnnxConfig(model=str(folder / "model.onnx"), tags=str(folder / "selected_tags.csv"))


@pytest.fixture
def config(tmp_path: Path) -> OnnxConfig:
    return tagger_file(tmp_path)


PICTURES = np.stack([np.full((16, 16, 3), shades, np.uint8) for shades in ([200, 0, 50], [0, 255, 0], [10, 20, 30])])


@pytest.mark.parametrize("changes", [{"batch": 1}, {"batch": 2}, {"input_type": TensorProto.UINT8}, {"tags": "t"}])
def test_files_of_a_fixed_batch_and_of_other_types_say_the_same(changes: dict[str, int], tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    usual = OnnxTagger(tagger_file(tmp_path / "usual")).probabilities(PICTURES)
    assert OnnxTagger(tagger_file(tmp_path, **changes)).probabilities(PICTURES) == pytest.approx(usual, abs=1e-3)
    assert usual[0] == pytest.approx([50 / 255, 0, 200 / 255], abs=1e-3)


def test_an_output_with_sides_of_one_pixel_says_the_same(tmp_path: Path) -> None:
    config = tagger_file(tmp_path)
    usual = OnnxTagger(config).probabilities(PICTURES)
    model = onnx.load(config.model)
    model.graph.node[-1].output[0] = "flat"
    model.graph.initializer.append(helper.make_tensor("sides", TensorProto.INT64, [4], [-1, 3, 1, 1]))
    model.graph.node.append(helper.make_node("Reshape", ["flat", "sides"], ["out"]))
    for _ in range(2):
        model.graph.output[0].type.tensor_type.shape.dim.add().dim_value = 1
    onnx.save(model, config.model)
    assert OnnxTagger(config).probabilities(PICTURES) == pytest.approx(usual)


def test_logits_become_probabilities_and_percentages_are_refused(tmp_path: Path) -> None:
    logits = OnnxTagger(tagger_file(tmp_path, scale=25.5, offset=5.0)).probabilities(PICTURES)
    assert logits[1] == pytest.approx([0.0067, 0.9933, 0.0067], abs=1e-3)
    with pytest.raises(ValueError, match=r"values from 0 to 100, not probabilities"):
        OnnxTagger(tagger_file(tmp_path, scale=2.55)).probabilities(PICTURES)


def test_files_of_another_layout_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"with a fixed size"):
        OnnxTagger(tagger_file(tmp_path, size="s"))
    config = tagger_file(tmp_path)
    (tmp_path / "selected_tags.csv").write_text("name\na\nb\n")
    with pytest.raises(ValueError, match=r"gives 3 tags, but .* lists 2"):
        OnnxTagger(config)
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ValueError, match="no ONNX file that can be opened"):
        OnnxTagger(config)
    (tmp_path / "model.onnx").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    with pytest.raises(ValueError, match=r"model\.onnx is a Git LFS pointer.*git lfs pull"):
        OnnxTagger(config)


@pytest.mark.parametrize(
    "text",
    [
        "tag_id,name,category,count\n0,blue_hair,0,9\n1,long hair,0,9\n2,o_o,0,1\n",
        "id;Tag;count\r\n0;Blue hair;9\r\n1;long_hair;9\r\n2;o_o;1\r\n",
        "\ufeffname\nblue_hair\nlong_hair\no_o\n",
        "blue hair\nlong hair\no_o\n",
        "name\tcount\nblue-hair\t1\nlong-hair\t1\no_o\t1\n",
        '["blue_hair", "long_hair", "o_o"]',
        '{"blue_hair": 0, "o_o": 2, "long_hair": 1}',
        '{"0": "blue_hair", "1": "long_hair", "2": "o_o"}',
        '{"architecture": "vit", "id2label": {"0": "blue_hair", "1": "long_hair", "2": "o_o"}, "size": 448}',
        '{"pretrained_cfg": {"input_size": [3, 448, 448]}, "label_names": ["blue_hair", "long_hair", "o_o"]}',
        '{"tags": [{"name": "blue\\\\_hair"}, {"name": "long_hair"}, {"name": "o_o"}]}',
        '{"0": {"tag": "blue_hair", "category": "General"}, "1": {"tag": "long_hair"}, "2": {"tag": "o_o"}}',
        '{"info": {}, "data": {"tag_mapping": {"idx_to_tag": {"0": "blue_hair", "1": "long_hair", "2": "o_o"}}}}',
        '{"label2id": {"blue_hair": 0, "long_hair": 1, "o_o": 2}, "architectures": ["Vit"]}',
        '{"1": "blue_hair", "2": "long_hair", "3": "o_o"}',
        '[{"id": 0, "label": "blue_hair"}, {"id": 1, "label": "long_hair"}, {"id": 2, "label": "o_o"}]',
        '{"id": 0, "name": "blue_hair"}\n{"id": 1, "name": "long_hair"}\n{"id": 2, "name": "o_o"}\n',
        "id,name\n2,o_o\n0,blue_hair\n1,long_hair\n",
        "sep=;\nid;tag\n9;blue_hair\n8;long_hair\n7;o_o\n",
        "id|name\n0|blue_hair\n1|long_hair\n2|o_o\n",
        "tag\nblue_hair\nlong_hair\no_o\n",
        "0 blue_hair\n1 long_hair\n2 o_o\n",
        "0: blue hair\n1: long hair\n2: o_o\n",
        "0,blue_hair\n1,long_hair\n2,o_o\n",
        "- blue_hair\n- long_hair\n- o_o\n",
        '"blue_hair",\n"long_hair",\n"o_o"\n',
        "# tags of the model\nblue_hair\nlong_hair\no_o\n",
        "general:blue_hair\ngeneral:long_hair\nmeta:o_o\n",
        "blue hair, long hair, o_o",
        "['blue_hair', 'long_hair', 'o_o']",
        "TAGS = [\n    'blue_hair',\n    'long_hair',\n    'o_o',\n]\n",
        '{"o_o": {"id": 2}, "blue_hair": {"id": 0, "category": 0}, "long_hair": {"id": 1}}',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lists_of_tags_in_the_forms_they_are_found_in(text: str, encoding: str, tmp_path: Path) -> None:
    (tmp_path / "tags").write_bytes(text.encode(encoding))
    assert read_tags(tmp_path / "tags") == ["blue_hair", "long_hair", "o_o"]


def test_a_list_of_lines_may_hold_faces_made_of_signs(tmp_path: Path) -> None:
    (tmp_path / "tags.txt").write_text("1girl\n;)\n:3\n#unicus\n2: more\n,_,\n^_^\n")
    assert read_tags(tmp_path / "tags.txt")[:4] == ["1girl", ";)", ":3", "#unicus"]
    assert len(read_tags(tmp_path / "tags.txt")) == 7


@pytest.mark.parametrize(
    "text",
    [
        *("", "id,count\n0,9\n", '{"a": 0, "b": 5}', "[", "{}", "[1, 2]", '[[0, "blue_hair"]]', '{"a": {"b": [1]}}'),
        *("9,blue_hair,0\n7,long_hair,0\n", "id,name\n0,blue_hair\n1\n"),
    ],
)
def test_what_is_no_list_of_tags_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "tags.csv").write_text(text)
    with pytest.raises(ValueError, match=r"tags\.csv"):
        read_tags(tmp_path / "tags.csv")


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


def test_a_list_that_speaks_of_nothing_here_is_refused(config: OnnxConfig, tmp_path: Path) -> None:
    Path(config.tags).write_text("a 5\nb 6\nc 7\n")
    with pytest.raises(ValueError, match=r"selected_tags\.csv lists 3 tags \(a_5, b_6, c_7 \.\.\.\), and none"):
        add_votes(Targets(vocabulary(), 3), ArrayFaces(PICTURES), config, 0.3, tmp_path / "cache")


@pytest.mark.parametrize(
    "text",
    [
        "nc: 3\nnames: [blue_hair, long_hair, o_o]\n",
        "names:\n  0: blue_hair\n  1: long_hair\n  2: o_o\n",
        "train: x\nnames:\n- blue_hair\n- long_hair\n- o_o\n",
        "- blue_hair\n- long hair\n- o_o\n",
    ],
)
def test_lists_of_tags_in_yaml(text: str, tmp_path: Path) -> None:
    (tmp_path / "tags.yaml").write_text(text)
    assert read_tags(tmp_path / "tags.yaml") == ["blue_hair", "long_hair", "o_o"]


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
