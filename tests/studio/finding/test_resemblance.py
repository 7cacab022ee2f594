"""Who looks like whom, judged by people of whom it is known: drawn ones."""

import numpy as np
import pytest
import torch

from anime_gen.drawing import Character, render_many, sample_characters
from anime_gen.serving.rendering import plain
from anime_gen.studio.finding.resemblance import ALIKE, PASSING, Resemblance, most_alike, spread_out
from anime_gen.tagging.classifiers.tagger import Tagger
from tests.conftest import ROOT

PEOPLE = 60
TAGGERS = ROOT / "data" / "06_models" / "shipped" / "taggers"


def measured(tagger: Tagger, characters: list[Character]) -> list[dict]:
    pictures = np.stack(list(render_many(characters, 64, workers=1)))
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1.0
    with torch.inference_mode():
        values = tagger.values(tagger.readout(images))
    return [{name: plain(value[n]) for name, value in values.items()} for n in range(len(characters))]


@pytest.fixture(scope="module")
def people() -> tuple[Resemblance, list[dict], list[dict]]:
    """Units, people, and each of them once more with another face, pose, light, background and clothes."""
    tagger = Tagger.load(TAGGERS)
    ones, moods = sample_characters(PEOPLE, 77), sample_characters(PEOPLE, 78)
    fleeting = {*PASSING, "smile", "mouth_open", "brow_angle", "brow_height"}
    again = [
        Character({**one.attributes, **{name: mood.attributes[name] for name in fleeting}}, one.style, mood.seed)
        for one, mood in zip(ones, moods, strict=True)
    ]
    units = Resemblance.of(tagger.vocabulary, measured(tagger, list(sample_characters(64, 99))))
    return units, measured(tagger, list(ones)), measured(tagger, again)


def test_look_alikes_are_found_and_strangers_are_not_taken_for_them(people):
    units, ones, again = people
    same = np.diag(units.distances(ones, again))
    apart = units.distances(ones, ones)[np.triu_indices(PEOPLE, 1)]
    recall, false = (same < ALIKE).mean(), (apart < ALIKE).sum()
    assert recall >= 0.95
    assert (same < ALIKE).sum() / ((same < ALIKE).sum() + false) >= 0.95


def test_the_planted_pair_of_a_cast_comes_first(people):
    units, ones, again = people
    cast = [*ones[:11], again[4]]
    first, second, distance = most_alike(units.distances(cast, cast))[0]
    assert (first, second) == (4, 11)
    assert distance < ALIKE


def test_a_cast_is_worth_as_many_as_it_has_strangers(people):
    units, ones, again = people
    assert units.worth([ones[0]] * 5) == pytest.approx(1.0)
    strangers = units.worth(ones[:12])
    assert 10.0 < strangers <= 12.0
    assert units.worth([*ones[:6], *again[:6]]) < 0.75 * strangers


def test_the_farthest_points_are_chosen():
    places = np.array([[0.0], [0.1], [5.0], [9.0], [9.2]])
    distances = np.abs(places - places.T)
    assert spread_out(distances, 3) == [0, 4, 2]
    assert spread_out(distances, 1, gaps=np.array([0.0, 0.0, 7.0, 1.0, 1.0])) == [2]
    assert spread_out(distances, 99) == [0, 4, 2, 3, 1]


def test_units_need_a_population(people):
    units, ones, _ = people
    with pytest.raises(ValueError, match="two measured"):
        Resemblance.of(units.vocabulary, ones[:1])
