"""The vocabulary that the project ships, and the errors of one that is wrong."""

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from anime_gen.attributes import GROUPS, Column, Vocabulary
from anime_gen.drawing import ATTRIBUTES

SHIPPED = Path(__file__).parents[1] / "conf" / "base" / "parameters" / "attributes.yml"


@pytest.fixture(scope="module")
def shipped() -> Vocabulary:
    return Vocabulary.parse(yaml.safe_load(SHIPPED.read_text())["attributes"])


def test_shipped_vocabulary_agrees_with_the_drawing_program(shipped: Vocabulary) -> None:
    assert set(shipped) == set(ATTRIBUTES)
    for name, spec in ATTRIBUTES.items():
        attribute = shipped[name]
        assert attribute.kind == spec.kind
        if spec.kind == "categorical":
            assert set(attribute.classes) == set(spec.classes)
        else:
            assert (attribute.low, attribute.high) == (spec.low, spec.high)


def test_every_group_has_attributes_and_every_attribute_help(shipped: Vocabulary) -> None:
    assert all(shipped.group(group) for group in GROUPS)
    assert all(attribute.help and attribute.label for attribute in shipped.values())


def test_mirroring_turns_signed_directions(shipped: Vocabulary) -> None:
    assert {n for n, a in shipped.items() if a.flip == "negate"} == {
        "hair_parting",
        "head_turn",
        "head_tilt",
        "light_side",
    }


def test_columns_follow_the_kinds(shipped: Vocabulary) -> None:
    assert shipped["smile"].columns == (Column("smile"),)
    assert shipped["hair_hue"].columns == (Column("hair_hue", "cos"), Column("hair_hue", "sin"))
    assert [c.part for c in shipped["glasses_rim"].columns] == ["round", "square", "half"]
    assert Column("hair_color", "blue").name == "hair_color:blue"


def test_dump_is_read_again(shipped: Vocabulary) -> None:
    assert Vocabulary.parse(shipped.dump()) == shipped


def test_version_ignores_words_and_notices_meaning(shipped: Vocabulary) -> None:
    entries = shipped.dump()
    entries["smile"]["help"] = "other words"
    assert Vocabulary.parse(entries).version == shipped.version
    entries["smile"]["high"] = 2.0
    assert Vocabulary.parse(entries).version != shipped.version


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"group": "nose"}, "nose"),
        ({"kind": "fuzzy"}, "kind"),
        ({"low": 2.0}, "below high"),
        ({"colour": "red"}, "colour"),
        ({"classes": ["a", "b"]}, "only a categorical"),
        ({"flip": "negate", "low": 0.0}, "symmetric"),
    ],
)
def test_a_wrong_entry_is_named(change: dict[str, object], words: str) -> None:
    entry = {"label": "Smile", "kind": "continuous", "group": "expression", "low": -1.0} | change
    with pytest.raises(ValidationError, match=words):
        Vocabulary.parse({"smile": entry})


@pytest.mark.parametrize("value", ["nan", "2.5", "wide", None])
def test_labels_outside_the_range_are_refused(shipped: Vocabulary, value: object) -> None:
    with pytest.raises(ValueError, match=r"smile = .* a number from -1 to 1"):
        shipped["smile"].read(value)


def test_labels_are_read_in_the_words_of_people(shipped: Vocabulary) -> None:
    assert shipped["glasses"].read("yes") == 1.0
    assert shipped["glasses"].read("0") == 0.0
    assert shipped["hair_color"].read(" blue ") == "blue"
    with pytest.raises(ValueError, match="aqua, black"):
        shipped["hair_color"].read("blu")


def test_relations_are_added_where_an_attribute_says_nothing_of_them():
    entry = {"label": "x", "kind": "continuous", "group": "eyewear"}
    own = Vocabulary.parse({"size": entry, "rim": entry | {"shown_with": "hat"}, "hat": entry | {"kind": "binary"}})
    told = own.related({"hat": ["size", "rim"]}, {"size": "glasses", "rim": "glasses"})
    assert [(a.decided_by, a.shown_with) for a in told.values()] == [
        ((), "glasses"),
        ((), "hat"),
        (("size", "rim"), ""),
    ]
    assert told.version == own.version
