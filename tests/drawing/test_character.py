"""A character is its JSON: equal text, equal character, equal bytes."""

import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anime_gen.drawing import ATTRIBUTES, HOUSE_STYLE, Character, Style, with_attribute
from anime_gen.drawing.attributes import DERIVED, STORED
from anime_gen.drawing.sheets import model_character
from anime_gen.drawing.style import STYLE_RANGES


def _values(name: str) -> st.SearchStrategy[float | str]:
    spec = ATTRIBUTES[name]
    if spec.kind == "categorical":
        return st.sampled_from(spec.classes)
    if spec.kind == "binary":
        return st.sampled_from((0.0, 1.0))
    return st.floats(spec.low, spec.high)


STYLES = st.fixed_dictionaries({name: st.floats(*ends) for name, ends in STYLE_RANGES.items()})
CHARACTERS = st.builds(
    lambda values, style, seed: Character(values, Style(**style), seed),
    st.fixed_dictionaries({name: _values(name) for name in STORED}),
    STYLES,
    st.integers(0, 2**63 - 1),
)


@settings(max_examples=40, deadline=None)
@given(CHARACTERS)
def test_json_round_trip_is_exact(character: Character) -> None:
    text = character.to_json()
    again = Character.from_json(text)
    assert again == character
    assert hash(again) == hash(character)
    assert again.to_json() == text


@settings(max_examples=40, deadline=None)
@given(CHARACTERS, st.sampled_from(STORED), st.data())
def test_changing_one_attribute_leaves_the_others(character: Character, name: str, data: st.DataObject) -> None:
    changed = with_attribute(character, name, data.draw(_values(name)))
    assert (changed.style, changed.seed) == (character.style, character.seed)
    others = [other for other in STORED if other != name]
    assert [changed.attributes[other] for other in others] == [character.attributes[other] for other in others]
    before, after = character.labels(), changed.labels()
    moved = [other for other in DERIVED if None not in (before[other], after[other]) and before[other] != after[other]]
    assert all(name in ATTRIBUTES[other].derived_from for other in moved)


def test_a_character_travels_between_processes() -> None:
    assert pickle.loads(pickle.dumps(model_character())) == model_character()


def test_a_full_turn_of_hue_is_none() -> None:
    assert with_attribute(model_character(), "hair_hue", 360.0).attributes["hair_hue"] == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 9}, "version 9"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"style": {"line_weight": 99}}, r"Style\.line_weight must be a number from 0\.2 to 3"),
        ({"style": {"wobble": 1}}, "not a character"),
        ({"attributes": {"smile": 0.5}}, "missing: hair_length"),
        ({"attributes": None}, "not a character"),
    ],
)
def test_broken_json_says_what_is_wrong(change: dict[str, object], message: str) -> None:
    document = json.loads(model_character().to_json()) | change
    with pytest.raises(ValueError, match=message):
        Character.from_json(json.dumps(document))


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="not a character"):
        Character.from_json("{")


def test_unknown_attribute_in_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="no drawn attribute 'nose_length'"):
        Character({**model_character().attributes, "nose_length": 0.5}, HOUSE_STYLE, 1)
