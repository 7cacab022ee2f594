from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from anime_gen.attributes import Vocabulary
from anime_gen.tagging.classifiers.soft_tags import SoftReader, conditioned, softened, stated, training_tags

ENTRIES: dict[str, dict[str, Any]] = {
    "length": {"label": "Length", "kind": "continuous", "group": "hair"},
    "hue": {"label": "Hue", "kind": "cyclic", "group": "hair", "low": 0, "high": 360},
    "colour": {
        "label": "Colour",
        "kind": "categorical",
        "group": "hair",
        "classes": ["red", "blue"],
        "decided_by": ["hue"],
    },
    "style": {"label": "Style", "kind": "categorical", "group": "hair", "classes": ["bun", "bob", "long"]},
    "glasses": {"label": "Glasses", "kind": "binary", "group": "eyewear"},
    "rim": {"label": "Rim", "kind": "continuous", "group": "eyewear", "shown_with": "glasses"},
}
VOCABULARY = Vocabulary.parse(ENTRIES)
COLUMNS = ("length", "hue:cos", "hue:sin", "style:bun", "style:bob", "style:long", "glasses", "rim")


def tagger() -> Any:
    """Reads zeros, whatever it sees."""
    return SimpleNamespace(
        vocabulary=VOCABULARY,
        fingerprint="key",
        input_px=64,
        readout=lambda images: torch.zeros(len(images), len(VOCABULARY.columns)),
    )


def tables(count: int = 4) -> tuple[pd.DataFrame, pd.DataFrame]:
    index = pd.DataFrame({"id": [f"p{k}" for k in range(count)]})
    tags = index.copy()
    for name in VOCABULARY:
        tags[f"{name}.abstained"] = False
    for k, column in enumerate(VOCABULARY.columns):
        tags[f"soft.{column.name}"] = np.linspace(0.1, 0.9, count) + k
    tags["soft.glasses"] = [-0.9, 0.8, 0.7, -0.2]
    return index, tags


def test_soft_tags_of_every_kind() -> None:
    readout = torch.tensor([[0.7, 0.6, 0.8, 1.0, 1.0, 0.0, 0.0, 0.0, 3.0, 0.2]])
    soft = softened(VOCABULARY, readout)[0]
    expected = [0.7, 0.6, 0.8, 0.5, 0.5, 1 / 3, 1 / 3, 1 / 3, np.tanh(1.0), 0.2]
    torch.testing.assert_close(soft, torch.tensor(expected, dtype=torch.float32))


def test_what_is_stated_is_certain() -> None:
    assert stated(VOCABULARY["glasses"], np.array([0.0, 1.0])).tolist() == [[-1.0], [1.0]]
    assert stated(VOCABULARY["style"], np.array([2.0])).tolist() == [[0.0, 0.0, 1.0]]
    assert np.isnan(stated(VOCABULARY["style"], np.array([np.nan]))).all()
    np.testing.assert_allclose(stated(VOCABULARY["hue"], np.array([90.0])), [[0.0, 1.0]], atol=1e-12)
    assert stated(VOCABULARY["length"], np.array([0.3])).tolist() == [[0.3]]


def test_what_others_decide_is_left_out_unless_they_are() -> None:
    assert list(conditioned(VOCABULARY, ())) == ["length", "hue", "style", "glasses", "rim"]
    assert list(conditioned(VOCABULARY, ("hue", "style"))) == ["length", "colour", "glasses", "rim"]
    with pytest.raises(ValueError, match="unknown attribute 'hiu'"):
        conditioned(VOCABULARY, ("hiu",))


def test_labels_come_before_read_outs_and_doubt_is_unknown() -> None:
    index, tags = tables()
    index["label.length"] = [0.5, None, None, None]
    tags.loc[2, "length.abstained"] = True
    made = training_tags(VOCABULARY, tagger(), index, tags, ())
    assert made.columns == COLUMNS
    length = made.values[:, 0]
    assert length[0] == 0.5
    assert length[1] == np.float32(tags.loc[1, "soft.length"])
    assert np.isnan(length[2])
    assert made.together == {"rim": "glasses"}


def test_what_is_seen_only_with_another_is_unknown_without_it() -> None:
    made = training_tags(VOCABULARY, tagger(), *tables(), ())
    assert np.isnan(made.values[:, 7]).tolist() == [True, False, False, True]


def test_what_a_wholly_labelled_picture_does_not_state_cannot_be_seen() -> None:
    index, tags = tables()
    for name, value in (("length", 0.2), ("style", "bob"), ("glasses", 1.0), ("rim", 0.4)):
        index[f"label.{name}"] = [value] * 4
    index.loc[1:, "label.length"] = [0.3, 0.4, 0.5]
    index.loc[1:, "label.rim"] = [0.3, 0.5, 0.6]
    index.loc[1, "label.style"], index.loc[2, "label.glasses"] = "bun", 0.0
    index["label.hue"] = [None, 10.0, 20.0, 200.0]
    made = training_tags(VOCABULARY, tagger(), index, tags, ())
    assert np.isnan(made.values[0, 1:3]).all()
    assert np.isfinite(made.values[1:, 1:3]).all()


def test_an_attribute_whose_tags_tell_no_picture_from_another_is_not_given(caplog: pytest.LogCaptureFixture) -> None:
    index, tags = tables()
    tags["length.abstained"], tags["soft.glasses"] = True, -0.9
    made = training_tags(VOCABULARY, tagger(), index, tags, ())
    assert made.columns == COLUMNS[1:6]
    assert made.values.shape == (4, 5)
    assert made.readers[0](torch.zeros(2, 3, 8, 8)).shape == (2, 5)
    assert caplog.messages == [
        "not given to the generator, no tag that can be trusted tells one picture from another: length, glasses, rim"
    ]
    for name in ("hue", "style"):
        tags[f"{name}.abstained"] = True
    with pytest.raises(ValueError, match=r"no attribute has tags.*weak_start=drawn.*train\.condition=none"):
        training_tags(VOCABULARY, tagger(), index, tags, ())


def test_tags_of_other_pictures_or_another_vocabulary_are_refused() -> None:
    index, tags = tables()
    with pytest.raises(ValueError, match="are of other pictures; run the tag stage again"):
        training_tags(VOCABULARY, tagger(), index.assign(id="x"), tags, ())
    with pytest.raises(ValueError, match=r"have no column hue:cos; run the tag stage again"):
        training_tags(VOCABULARY, tagger(), index, tags.drop(columns="soft.hue:cos"), ())
    other = Vocabulary.parse(ENTRIES | {"length": ENTRIES["length"] | {"high": 2.0}})
    with pytest.raises(ValueError, match=r"attributes\.yml and the sub-models disagree"):
        training_tags(other, tagger(), index, tags, ())


def test_the_reader_gives_the_columns_of_the_condition() -> None:
    soft = SoftReader(tagger(), conditioned(VOCABULARY, ()))(torch.zeros(2, 3, 8, 8))
    assert soft.shape == (2, len(COLUMNS))
    torch.testing.assert_close(soft[0, 3:6], torch.full((3,), 1 / 3))
