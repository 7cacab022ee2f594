"""Labels that hardly vary teach nothing: the attribute is left out, with the reason."""

import numpy as np
import pandas as pd
import pytest

from anime_gen.tagging.config import LabelsConfig
from anime_gen.tagging.weak_supervision.label_merging import lacking, merge_labels
from tests.tagging.toys import vocabulary

COUNT = 60


def reasons(column: str, values: list[object], least: int = 20) -> dict[str, str]:
    index = pd.DataFrame({"id": [f"p{row}" for row in range(COUNT)], "split": "train", f"label.{column}": values})
    words = vocabulary().subset([column])
    config = LabelsConfig(least=least)
    return lacking(words.values(), merge_labels(index, words, config, None), config)


@pytest.mark.parametrize(
    ("column", "usual", "other"),
    [("glasses", 1.0, 0.0), ("hair_color", "red", "blue"), ("hair_length", 0.5, 0.9), ("hair_hue", 359.0, 120.0)],
)
def test_too_few_of_a_second_value_are_not_learned_from(column: str, usual: object, other: object) -> None:
    for few in (0, 1, 4):
        told = reasons(column, [usual] * (COUNT - few) + [other] * few)[column]
        assert f"{COUNT - few} of {COUNT} labelled training pictures have {column} = {usual}" in told
        assert "at least 5 must have another value" in told
    assert reasons(column, [usual] * (COUNT - 5) + [other] * 5) == {}


def test_a_hardly_moving_number_counts_as_one_value() -> None:
    near = list(0.5 + np.random.default_rng(0).uniform(-0.02, 0.02, COUNT))
    assert "hair_length" in reasons("hair_length", near)
    assert reasons("hair_length", list(np.linspace(0, 1, COUNT))) == {}
    assert "hair_hue" in reasons("hair_hue", [358.0, 2.0] * (COUNT // 2))


def test_too_few_labels_are_said_with_the_ways_on() -> None:
    told = reasons("glasses", [1.0] * 8 + [np.nan] * (COUNT - 8))["glasses"]
    assert told.startswith("8 labelled training pictures, at least 20 are needed")
    assert all(way in told for way in ("labels.csv", "Label page", "tag.labels.taught_by"))
