"""Splits: deterministic, with the stated frequencies and correlations, or with none."""

from collections import Counter
from functools import lru_cache

import numpy as np
import pytest

from anime_gen.drawing import ATTRIBUTES, HOUSE_STYLE, SPLITS, Character, sample_characters
from anime_gen.drawing.attributes import STORED
from anime_gen.drawing.sampling import EXPRESSION_WEIGHTS, HAIR_COLOR_WEIGHTS, STYLE_WEIGHTS

COUNT = 1500


@lru_cache
def _sample(split: str) -> list[Character]:
    return sample_characters(COUNT, seed=1, split=split)


def _column(split: str, name: str) -> np.ndarray:
    return np.array([character.number(name) for character in _sample(split)])


def _shares(split: str, name: str) -> dict[str, float]:
    counts = Counter(character.labels()[name] for character in _sample(split))
    return {str(key): count / COUNT for key, count in counts.items()}


@pytest.mark.parametrize("split", SPLITS)
def test_character_i_depends_on_seed_split_and_i_only(split: str) -> None:
    together = sample_characters(6, seed=3, split=split)
    assert sample_characters(3, seed=3, split=split, start=3) == together[3:]
    assert sample_characters(6, seed=4, split=split) != together
    assert len({character.seed for character in together}) == 6


def test_seeds_up_to_the_largest_are_taken_and_beyond_refused() -> None:
    assert sample_characters(1, seed=2**63 - 1)
    with pytest.raises(ValueError, match="seed must be a whole number"):
        sample_characters(1, seed=2**63)
    with pytest.raises(ValueError, match="split must be one of default, independent, other_style"):
        sample_characters(1, seed=1, split="test")
    with pytest.raises(ValueError, match="0 or more"):
        sample_characters(-1, seed=1)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("glasses", 0.07, 0.13), ("hat", 0.03, 0.07), ("ribbon", 0.10, 0.20), ("animal_ears", 0.04, 0.085)],
)
def test_rare_attributes_are_rare(name: str, low: float, high: float) -> None:
    assert low < _column("default", name).mean() < high


@pytest.mark.parametrize(
    ("name", "weights"),
    [("expression", EXPRESSION_WEIGHTS), ("hair_color", HAIR_COLOR_WEIGHTS), ("hair_style", STYLE_WEIGHTS)],
)
def test_classes_come_with_their_weights(name: str, weights: dict[str, float]) -> None:
    shares = _shares("default", name)
    assert sum(weights.values()) == pytest.approx(1.0)
    for key, weight in weights.items():
        assert shares[key] == pytest.approx(weight, abs=0.04)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", ["hair_color", "eye_color", "expression", "hair_style", "glasses_rim"])
def test_every_class_is_met(split: str, name: str) -> None:
    assert set(ATTRIBUTES[name].classes) <= set(_shares(split, name))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ("hair_length", "ribbon", 0.15, 0.45),
        ("smile", "blush", 0.35, 0.65),
        ("face_width", "eye_ratio", 0.10, 0.35),
        ("hair_length", "hair_spikiness", -0.45, -0.15),
        ("hair_lightness", "glasses", -0.25, -0.02),
    ],
)
def test_default_split_has_its_correlations(first: str, second: str, low: float, high: float) -> None:
    assert low < np.corrcoef(_column("default", first), _column("default", second))[0, 1] < high


def test_independent_split_has_no_correlation() -> None:
    names = [name for name in STORED if ATTRIBUTES[name].kind != "categorical"]
    matrix = np.corrcoef(np.stack([_column("independent", name) for name in names]))
    assert np.abs(matrix - np.eye(len(names))).max() < 0.13  # five standard deviations of COUNT samples


def test_independent_split_is_uniform() -> None:
    for name in STORED:
        spec = ATTRIBUTES[name]
        if spec.kind in ("continuous", "cyclic"):
            share = (_column("independent", name) - spec.low) / (spec.high - spec.low)
            assert np.histogram(share, 4, (0, 1))[0] == pytest.approx(COUNT / 4, rel=0.25)


def test_other_style_is_another_hand() -> None:
    assert {character.style for character in _sample("default")} == {HOUSE_STYLE}
    for character in _sample("other_style"):
        style = character.style
        assert style.line_weight < 0.7 or style.line_weight > 1.5
        assert style.shade_strength < 0.4 or style.shade_strength > 1.3
        assert style.eye_scale < 0.95
