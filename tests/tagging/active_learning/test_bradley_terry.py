"""Comparisons become an order, and scores come onto the attribute's scale."""

from pathlib import Path

import pytest

from anime_gen.labels.store import LabelStore, Signature
from anime_gen.tagging.active_learning.bradley_terry import bradley_terry, on_scale
from tests.tagging.toys import vocabulary

BY = Signature("ann", "random", "v1")


def test_comparisons_give_the_order(tmp_path: Path) -> None:
    store = LabelStore(tmp_path / "labels.sqlite")
    for first, second in (("a", "b"), ("b", "c"), ("a", "c")):
        store.compare("hair_length", first, second, first, BY)
    scores = bradley_terry(store.pairs("hair_length"))
    assert scores["a"] > scores["b"] > scores["c"]
    assert sum(scores.values()) == pytest.approx(0.0, abs=1e-9)


def test_scores_come_onto_the_scale() -> None:
    attribute = vocabulary()["hair_length"]
    scores = {"a": -1.0, "b": 0.0, "c": 1.0, "d": 3.0}
    by_rank = on_scale(scores, {}, attribute)
    assert list(by_rank.values()) == pytest.approx([0.125, 0.375, 0.625, 0.875])
    anchored = on_scale(scores, {"a": 0.2, "b": 0.4, "c": 0.6}, attribute)
    assert anchored == pytest.approx({"a": 0.2, "b": 0.4, "c": 0.6, "d": 1.0})


def test_one_win_does_not_fly_off() -> None:
    scores = bradley_terry([("a", "b", "first")])
    assert 0.0 < scores["a"] < 5.0
