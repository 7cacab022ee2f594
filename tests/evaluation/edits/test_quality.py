import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from anime_gen.evaluation.config import EditConfig
from anime_gen.evaluation.edits.figures import Asked
from anime_gen.evaluation.edits.quality import judge_edits
from anime_gen.evaluation.edits.summary import summarise_edits
from anime_gen.evaluation.edits.targets import make_targets, miss, obedience
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.measurer_training import SHIPPED
from anime_gen.latent import DirectionConfig, Directions, fit_directions
from anime_gen.latent.readings import values_of
from tests.latent.toys import (
    TAG_SETTINGS,
    TAG_VOCABULARY,
    VOCABULARY,
    LinearGenerator,
    LinearTagger,
    TagGenerator,
    TagReader,
)

CONFIG = EditConfig(characters=8, requests=3, solve_steps=3, population=64, bootstrap=20)
FIT = DirectionConfig(samples=500, layer_groups=2, rank=6, calibration_characters=4, identity_budget=2.0)


class ExactMeasurer(LinearTagger):
    """A measurer that reads the toy world without error."""

    def __init__(self, generator: LinearGenerator, entangled: bool = True, error: dict | None = None) -> None:
        super().__init__(generator, entangled)
        self.errors = {name: error or {"r2": 1.0} for name in VOCABULARY}

    def values(self, readout: torch.Tensor) -> dict[str, np.ndarray]:
        return values_of(self.vocabulary, self.columns, readout)


@pytest.fixture(scope="module")
def world() -> tuple[LinearGenerator, LinearTagger, Directions]:
    generator = LinearGenerator()
    tagger = LinearTagger(generator, entangled=True)
    return generator, tagger, fit_directions(generator, tagger, FIT)


@pytest.fixture(scope="module")
def report(world):
    generator, tagger, directions = world
    return judge_edits(generator, tagger, directions, ExactMeasurer(generator), CONFIG)


def test_edits_in_a_linear_world_are_nearly_perfect(report):
    for name in ("length", "width"):
        entry = report[name]
        assert entry["hit_median"] < 0.02
        assert entry["spearman"] > 0.97
        assert entry["leakage_mean"] < 0.1
        assert entry["reach"][0] < -1.5 < 1.5 < entry["reach"][1]
        low, high = entry["hit_median_interval"]
        assert low <= entry["hit_median"] <= high
    assert report["mood"]["hit_median"] == 0.0
    assert report["hue"]["hit_median"] < 0.05


def test_the_plain_normal_leaks_into_the_entangled_attribute(report):
    ours, plain = report["length"]["methods"]["solve"], report["length"]["methods"]["interfacegan"]
    assert plain["leakage_mean"] > 3 * ours["leakage_mean"]
    assert plain["leakage_worst"] in VOCABULARY


def test_what_cannot_be_measured_is_null_and_the_report_is_json(report):
    still = report["still"]
    assert still["spearman"] is None
    assert still["leakage_mean"] is None
    json.dumps(report, allow_nan=False)


def test_an_attribute_the_measurer_does_not_know_gets_nulls(world):
    generator, tagger, directions = world
    measurer = ExactMeasurer(generator)
    measurer.vocabulary = VOCABULARY.subset(["length", "width"])
    measurer.columns = measurer.vocabulary.columns
    measurer.readout = lambda images: LinearTagger(generator, True).readout(images)[:, :2]
    report = judge_edits(generator, tagger, directions, measurer, CONFIG)
    assert report["glasses"]["hit_median"] is None
    assert "methods" not in report["glasses"]
    assert report["length"]["hit_median"] is not None
    assert "glasses" in summarise_edits(report)["not_judged"]


def test_a_poor_measurer_does_not_count_as_leakage(world):
    generator, tagger, directions = world
    blind = ExactMeasurer(generator, error={"r2": 0.1})
    report = judge_edits(generator, tagger, directions, blind, CONFIG)
    assert report["length"]["leakage_mean"] is None
    assert report["length"]["hit_median"] is not None


def test_the_summary_compares_methods_on_the_same_attributes(report):
    summary = summarise_edits(report)
    assert set(summary["methods"]) == {"solve", "do_nothing", "linear", "interfacegan", "tl_gan"}
    assert summary["methods"]["solve"]["leakage_mean"] < summary["methods"]["interfacegan"]["leakage_mean"]
    assert summarise_edits({})["methods"] == {}


def test_requests_cover_what_faces_show():
    length, mood, hue = VOCABULARY["length"], VOCABULARY["mood"], VOCABULARY["hue"]
    population = np.linspace(-1, 1, 101)
    asked = np.array(make_targets(length, population, population[:2], 2))
    np.testing.assert_allclose(asked, [[-0.6, -0.2], [0.2, 0.6]])
    classes = np.array(make_targets(mood, population, np.zeros(6), 2), dtype=object)
    assert all((classes == part).sum() == 4 for part in mood.classes)
    np.testing.assert_allclose(make_targets(hue, population, np.array([350.0]), 2), [[290.0], [50.0]])
    constant = np.array(make_targets(length, np.zeros(5), np.zeros(2), 2))
    assert constant.min() < -2 < 2 < constant.max()


def test_misses_in_closed_form():
    length, mood, hue = VOCABULARY["length"], VOCABULARY["mood"], VOCABULARY["hue"]
    np.testing.assert_allclose(miss(length, [[1.0, 0.0]], [np.array([1.6, 0.0])]), [[0.1], [0.0]])
    np.testing.assert_allclose(miss(hue, [[350.0]], [np.array([8.0])]), [[0.1]])
    np.testing.assert_allclose(miss(mood, [["glad", "calm"]], [np.array(["glad", "glad"], dtype=object)]), [[0], [1]])


def test_obedience_of_constant_answers_is_undefined():
    same = [np.zeros(4), np.zeros(4)]
    assert obedience(VOCABULARY["length"], [[0.0] * 4, [1.0] * 4], same, torch.zeros(2, 4, 1), np.zeros(4)) is None


class ExactTagMeasurer(TagReader):
    """Reads what the taggers of the conditional toy read."""

    def __init__(self) -> None:
        super().__init__()
        self.errors = {name: {"r2": 1.0} for name in TAG_VOCABULARY}

    def values(self, readout: torch.Tensor) -> dict[str, np.ndarray]:
        return values_of(self.vocabulary, self.columns, readout)


def test_a_generator_that_knows_tags_is_judged_through_them_beside_doing_nothing():
    generator, tagger = TagGenerator(), TagReader()
    fit = DirectionConfig(samples=300, layer_groups=1, rank=6, calibration_characters=4, **TAG_SETTINGS)
    directions = fit_directions(generator, tagger, fit)
    entry = judge_edits(generator, tagger, directions, ExactTagMeasurer(), CONFIG)["chin"]
    assert entry["hit_median"] < 0.01
    assert entry["leakage_mean"] < 0.1
    still = entry["methods"]["do_nothing"]
    assert still["hit_median"] > 0.1
    assert still["as_asked"] < 0.5 < entry["as_asked"]


def test_what_cannot_be_seen_does_not_drift():
    """Glasses come off and back on in no one's picture: their size says nothing, whatever the measurer reads there."""
    measurer = Measurer.load(SHIPPED)
    smile = measurer.vocabulary["smile"]
    columns = {column.name: i for i, column in enumerate(measurer.columns)}
    base = torch.zeros(4, len(columns))
    base[:, columns["glasses"]] = -9.0
    base[:, columns["eye_openness"]] = 1.0
    after = base[None].repeat(2, 1, 1)
    after[:, :, columns["smile"]] = 0.5
    after[:, :, columns["glasses_size"]] = 1.0
    after[:, :, columns["bangs"]] = 0.1
    population = torch.stack([base[0], base[0] + 2.0])
    directions = SimpleNamespace(released_by=lambda names: {"expression"})
    asked = Asked(smile, [[0.5] * 4] * 2, base, population, directions, measurer, CONFIG)
    figures = asked.figures(after)
    assert figures["hit_median"] == 0.0
    assert figures["leakage_worst"] == "bangs"
    seen = len(asked.others) - sum(not ever.any() for ever in asked.shown(after).values())
    assert figures["drift_mean"] == pytest.approx(0.1 / seen, rel=1e-4)
