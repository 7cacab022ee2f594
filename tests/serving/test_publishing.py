from pathlib import Path

import numpy as np
import pytest
import torch

from anime_gen.evaluation.measurer import Measurer, drawn_vocabulary
from anime_gen.serving.bundle import Bundle
from anime_gen.serving.gate import GateRule, sample
from anime_gen.serving.publishing import PublishConfig, make_card, publish
from anime_gen.serving.registry import CHALLENGER, CHAMPION, Registry
from anime_gen.tracking.store import TrackingStore
from tests.conftest import tiny_generator

GATED, OPEN = PublishConfig(gate=GateRule(faces=48)), PublishConfig(gate=None)


@pytest.fixture(scope="module")
def measurer() -> Measurer:
    torch.manual_seed(0)
    return Measurer(drawn_vocabulary(), width=4).eval()


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    """What the generator of `other_bundle_folder` makes: it fits these faces best."""
    return sample(tiny_generator(1), 96, 16, seed=0)


def test_the_first_model_of_an_empty_registry_is_champion(store: TrackingStore, bundle_folder: Path, measurer, faces):
    report = publish(Bundle.load(bundle_folder), Registry(store), None, faces, measurer, GATED)
    assert (report["version"], report["champion"], report["champion_before"]) == ("1", "1", None)
    assert "no champion" in report["reason"]


def test_a_worse_model_stays_challenger_and_a_better_one_wins(
    published: TrackingStore, other_bundle_folder: Path, bundle_folder: Path, measurer, faces
):
    registry, config = Registry(published), GATED
    better = publish(Bundle.load(other_bundle_folder), registry, None, faces, measurer, config)
    assert (better["promoted"], better["champion_before"], better["champion"]) == (True, "1", "2")
    assert {row["model"] for row in better["scores"]} == {"challenger", "champion"}
    worse = publish(Bundle.load(bundle_folder), registry, None, faces, measurer, config)
    assert (worse["promoted"], worse["version"], worse["champion"]) == (False, "1", "2")
    assert registry.version_of(CHALLENGER) == "1"
    assert "challenger only" in worse["reason"]


def test_a_model_that_is_champion_already_stays_so(published: TrackingStore, bundle_folder: Path, measurer, faces):
    report = publish(Bundle.load(bundle_folder), Registry(published), None, faces, measurer, GATED)
    assert report["champion"] == "1"
    assert "already" in report["reason"]


def test_a_champion_that_cannot_be_fetched_keeps_its_rank(
    published: TrackingStore, other_bundle_folder: Path, measurer, faces, monkeypatch: pytest.MonkeyPatch
):
    def away(**arguments: object) -> str:
        raise ConnectionError("the artifact server is away")

    with monkeypatch.context() as patched:
        patched.setattr("mlflow.artifacts.download_artifacts", away)
        report = publish(Bundle.load(other_bundle_folder), Registry(published), None, faces, measurer, GATED)
    assert (report["version"], report["champion"], report["promoted"]) == ("2", "1", False)
    assert "the artifact server is away" in report["reason"]


def test_a_damaged_champion_is_replaced(
    store: TrackingStore, bundle_folder: Path, other_bundle_folder: Path, measurer, faces
):
    registry = Registry(store)
    registry.set_alias(CHAMPION, registry.register(bundle_folder, origin="test"))
    (registry.folder_of("1") / "card.json").write_text("{}")
    report = publish(Bundle.load(other_bundle_folder), registry, None, faces, measurer, GATED)
    assert (report["champion"], report["promoted"]) == ("2", True)
    assert "card.json" in report["reason"]


def test_the_shipped_model_is_what_a_first_own_model_has_to_beat(
    store: TrackingStore, bundle_folder: Path, other_bundle_folder: Path, measurer, faces
):
    registry = Registry(store)
    report = publish(Bundle.load(bundle_folder), registry, other_bundle_folder, faces, measurer, GATED)
    assert (report["version"], report["champion"], report["promoted"]) == ("2", "1", False)
    assert registry.tags_of("1")["origin"] == "shipped"


def test_without_a_gate_every_model_becomes_champion(published: TrackingStore, other_bundle_folder, measurer, faces):
    report = publish(Bundle.load(other_bundle_folder), Registry(published), None, faces, measurer, OPEN)
    assert report["champion"] == Registry(published).version_of(CHAMPION) == "2"


def test_a_card_tells_data_licence_and_figures():
    info = {"resolution": 16, "images_seen": 5, "source": {"kind": "drawn", "count": 7, "path": None}}
    card = make_card({"seed": 3}, info, {"licence": "CC0-1.0"}, {"kid": 0.5}, ["smile"], "first")
    assert (card["data"], card["training"]) == ("kind drawn, count 7", {"seed": 3})
    assert (card["licence"], card["figures"]["kid"], card["note"]) == ("CC0-1.0", 0.5, "first")
    unknown = make_card({}, {"resolution": 16}, {}, {}, [], "")
    assert (unknown["data"], unknown["licence"]) == ("unknown", "not stated")


def test_a_set_too_small_to_compare_by_is_published_and_says_how_to_open_it(
    published: TrackingStore, other_bundle_folder: Path, measurer, faces
):
    report = publish(Bundle.load(other_bundle_folder), Registry(published), None, faces[:6], measurer, GATED)
    assert not report["promoted"]
    assert report["version"] != report["champion"]
    assert "6 held-out faces are too few" in report["reason"]
    assert "publish.gate=null" in report["reason"]
    opened = publish(Bundle.load(other_bundle_folder), Registry(published), None, faces[:6], measurer, OPEN)
    assert opened["promoted"]


def test_the_card_of_an_unjudged_model_says_so():
    info = {"resolution": 16, "source": {"kind": "folder", "name": "mine"}}
    card = make_card({}, info, {}, {"kid": None, "reason": "not judged: 2 unseen"}, [], "")
    assert card["quality"] == "not judged: 2 unseen"
    assert card["figures"]["kid"] is None
    assert "quality" not in make_card({}, info, {}, {"kid": 0.1}, [], "")
