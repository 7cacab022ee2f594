import numpy as np
import pytest
import torch

from anime_gen.evaluation.measurer import drawn_vocabulary
from anime_gen.evaluation.obedience import Condition, agreement, circular_correlation, obedience
from tests.evaluation.fakes import COLUMNS, PLACE, random_tags

WORDS = drawn_vocabulary()


@pytest.fixture(scope="module")
def tags() -> torch.Tensor:
    return random_tags(200, seed=0)


def test_columns_are_told_apart_by_attribute_and_strangers_are_left_out():
    condition = Condition([*COLUMNS, "wings", "glasses_rim:round"], WORDS)
    assert condition.places == PLACE


def test_tags_are_asked_for_in_units_degrees_presence_and_classes():
    condition = Condition(COLUMNS, WORDS)
    row = random_tags(1, seed=0)
    row[0, PLACE["smile"]], row[0, PLACE["hair_length"]] = -0.5, torch.nan
    row[0, PLACE["hair_hue"]] = torch.tensor([0.0, -1.0])
    row[0, PLACE["hair_style"]] = torch.tensor([0.1, 0.1, 0.6, 0.1, 0.1])
    row[0, PLACE["glasses"]] = 0.4
    asked, known = condition.asked(row), condition.known(row)
    assert asked["smile"] == pytest.approx([-0.5])
    assert asked["hair_hue"] == pytest.approx([270.0])
    assert asked["glasses"][0] > 0.5
    assert asked["hair_style"][0] == "twin_tails"
    assert [name for name, rows in known.items() if not rows[0]] == ["hair_length"]


def test_perfect_obedience_is_one_and_unrelated_readings_are_chance(tags):
    condition = Condition(COLUMNS, WORDS)
    asked, other = condition.asked(tags), condition.asked(random_tags(200, seed=1))
    assert all(value == pytest.approx(1.0) for value in obedience(condition, tags, asked).values())
    chance = obedience(condition, tags, other)
    assert max(abs(chance[name]) for name in ("smile", "hair_length", "hair_hue")) < 0.25
    assert chance["hair_style"] == pytest.approx(0.2, abs=0.1)
    assert chance["glasses"] == pytest.approx(0.5, abs=0.12)


def test_only_characters_with_a_tag_count(tags):
    """Readings of the others may be anything."""
    condition = Condition(COLUMNS, WORDS)
    read = condition.asked(tags)
    half = tags.clone()
    half[100:, PLACE["smile"]] = torch.nan
    read["smile"][100:] = -read["smile"][100:]
    assert obedience(condition, half, read)["smile"] == pytest.approx(1.0)
    half[10:, PLACE["smile"]] = torch.nan
    assert obedience(condition, half, read)["smile"] is None


def test_circular_correlation_follows_turns_and_mirrors():
    angles = np.random.default_rng(0).uniform(0, 360, 200)
    assert circular_correlation(angles, (angles + 250) % 360) == pytest.approx(1.0)
    assert circular_correlation(angles, (90 - angles) % 360) == pytest.approx(-1.0)
    assert abs(circular_correlation(angles, np.random.default_rng(1).uniform(0, 360, 200))) < 0.1
    assert circular_correlation(angles, np.full(200, 10.0)) is None


def test_circular_correlation_is_a_mean_over_pairs():
    """Sines of all differences, by hand: (1, 0, 1) and (1/2, 1/2, 0)."""
    first, second = np.array([0.0, 90.0, 180.0]), np.array([0.0, 30.0, 30.0])
    assert circular_correlation(first, second) == pytest.approx(0.5 / np.sqrt((1.0 + 1.0) * (0.25 + 0.25)))


def test_following_values_in_order_is_obedience_whatever_their_scale():
    wished = np.linspace(0.0, 1.0, 25)
    assert agreement(WORDS["smile"], wished, wished**3) == pytest.approx(1.0)
