import numpy as np
import pytest

from anime_gen.drawing import sample_characters
from anime_gen.evaluation.marginals import (
    Values,
    circular_wasserstein,
    class_distances,
    deviation,
    distance,
    marginal_distances,
    mean_spread,
    mean_spread_error,
    seen,
    spreads,
    visible,
)
from anime_gen.evaluation.measurer import drawn_vocabulary

WORDS = drawn_vocabulary()


def truth(count: int, seed: int, split: str = "independent") -> Values:
    """The true values of drawn characters, as a perfect measurer would read them."""
    rows = [character.attributes for character in sample_characters(count, seed, split)]
    return {
        name: np.array([row.get(name, "") for row in rows], dtype=object if attribute.classes else float)
        for name, attribute in WORDS.items()
    }


def test_wasserstein_distance_of_shifted_values_is_the_shift():
    values = np.linspace(-0.5, 0.3, 200)
    assert distance(WORDS["smile"], values, values + 0.2) == pytest.approx(0.1, abs=1e-6)  # the range is 2


def test_distance_of_classes_and_presence():
    expression, glasses = WORDS["expression"], WORDS["glasses"]
    happy, mixed = np.array(["happy"] * 20, dtype=object), np.array(["happy", "sad"] * 10, dtype=object)
    assert distance(expression, happy, mixed) == pytest.approx(0.5)
    assert distance(glasses, np.array([0.9, 0.1] * 10), np.array([0.2, 0.1] * 10)) == pytest.approx(0.5)
    assert distance(glasses, np.array([0.9]), np.array([0.2, 0.1] * 10)) is None


def test_angles_are_compared_on_the_circle():
    angles = np.linspace(0, 60, 50)
    assert circular_wasserstein(angles, (angles + 20) % 360) == pytest.approx(20, abs=1.5)
    assert circular_wasserstein((angles - 30) % 360, (angles - 40) % 360) == pytest.approx(10, abs=1.5)
    assert circular_wasserstein(np.array([359.5]), np.array([0.5])) == pytest.approx(1, abs=0.1)
    assert circular_wasserstein(np.array([0.5]), np.array([180.5])) == pytest.approx(180, abs=1)


def test_the_deviation_of_a_hue_knows_the_circle():
    """A quarter turn either way: R = cos 45 degrees; all round: sqrt 2; a shift over north changes nothing."""
    assert deviation(WORDS["hair_hue"], np.array([0.0, 90.0])) == pytest.approx(np.sqrt(2 - 2 * np.cos(np.pi / 4)))
    assert deviation(WORDS["hair_hue"], np.array([315.0, 45.0])) == pytest.approx(np.sqrt(2 - 2 * np.cos(np.pi / 4)))
    assert deviation(WORDS["hair_hue"], np.arange(0.0, 360.0, 10.0)) == pytest.approx(np.sqrt(2))
    assert deviation(WORDS["smile"], np.array([-1.0, 1.0])) == 1.0


def test_a_shrunken_attribute_shows_in_its_spread_alone():
    data, other = truth(300, 1), truth(300, 2)
    assert all(value == pytest.approx(1.0, abs=0.15) for value in spreads(WORDS, data, other).values())
    other["smile"] = 0.4 * other["smile"] + 0.3
    found = spreads(WORDS, data, other)
    assert found["smile"] == pytest.approx(0.4, abs=0.05)
    assert found["brow_angle"] == pytest.approx(1.0, abs=0.15)
    assert "glasses" not in found


def test_spread_is_none_where_nothing_can_be_said():
    data, other = truth(60, 1), truth(60, 2)
    data["smile"] = np.zeros(60)
    other["glasses_size"] = other["glasses_size"][:5]
    found = spreads(WORDS, data, other)
    assert found["smile"] is None
    assert found["glasses_size"] is None


def test_too_much_of_one_does_not_make_up_for_too_little_of_another():
    assert mean_spread({"smile": 0.5, "bangs": 1.5, "blush": None}) == 0.75
    assert mean_spread({"blush": None}) is None


def test_the_error_of_the_mean_spread_is_that_of_repeated_draws():
    words = WORDS.subset(["smile", "bangs", "hair_hue"])

    def draw(rng: np.random.Generator, scale: float) -> Values:
        return {
            "smile": scale * rng.uniform(-1, 1, 150),
            "bangs": scale * rng.uniform(0, 1, 150),
            "hair_hue": scale * rng.uniform(0, 180, 150),
        }

    rng = np.random.default_rng(0)
    pairs = [(draw(rng, 1.0), draw(rng, 0.6)) for _ in range(200)]
    actual = np.std([mean_spread(spreads(words, *pair)) for pair in pairs])
    claimed = np.mean([mean_spread_error(words, *pair) for pair in pairs[:10]])
    assert claimed == pytest.approx(actual, rel=0.25)


def test_frequencies_of_classes_are_compared_by_total_variation():
    data, other = truth(400, 1), truth(400, 2)
    other["hair_style"] = np.array(["loose"] * 400, dtype=object)
    found = class_distances(WORDS, data, other)
    assert found["hair_style"] == pytest.approx(0.8, abs=0.05)  # four of five styles are gone
    assert found["hat"] < 0.1
    assert "smile" not in found


def test_what_cannot_be_seen_is_left_out_by_the_drawing_programs_own_rule():
    values = truth(200, 3)
    labels = [character.labels() for character in sample_characters(200, 3, "independent")]
    shown = visible(values)
    for name in WORDS:
        np.testing.assert_array_equal(shown[name], [row[name] is not None for row in labels])
    assert len(seen(values)["glasses_size"]) == int((values["glasses"] > 0.5).sum())
    assert visible({"smile": np.zeros(3)})["smile"].all()


def test_distances_come_beside_the_noise_floor():
    data, same, other = truth(300, 1), truth(300, 2), truth(300, 3)
    other["hair_length"] = other["hair_length"] * 0.5
    found = marginal_distances(WORDS, data, other, same)
    assert found["hair_length"]["distance"] == pytest.approx(0.25, abs=0.04)
    assert found["hair_length"]["noise_floor"] < 0.05


def test_hues_a_degree_apart_are_told_apart():
    """360 cells, so that the distance of angles within one is 0 and across a border 1 degree."""
    assert circular_wasserstein(np.full(4, 10.2), np.full(4, 10.8)) == 0.0
    assert circular_wasserstein(np.full(4, 10.5), np.full(4, 20.5)) == pytest.approx(10.0)
    assert circular_wasserstein(np.full(4, 359.5), np.full(4, 1.5)) == pytest.approx(2.0)
