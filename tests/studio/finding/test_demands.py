import pytest
import yaml

from anime_gen.attributes import Vocabulary
from anime_gen.studio.finding.brief import read_brief
from anime_gen.studio.finding.demands import known_words, read_demands
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return Vocabulary.parse(yaml.safe_load((ROOT / "conf/base/parameters/attributes.yml").read_text())["attributes"])


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("long dark hair, glasses", {"hair_length": ">", "hair_lightness": "<", "glasses": ">"}),
        ("no glasses, short hair", {"glasses": "<", "hair_length": "<"}),
        ("pink twin tails and blue eyes", {"hair_color": "pink", "hair_style": "twin_tails", "eye_color": "blue"}),
        ("black hair, black eyes", {"hair_color": "black", "eye_color": "black"}),
        ("smiling, pale skin, big eyes", {"smile": ">", "skin_tone": "<", "eye_size": ">"}),
        ("cat ears, open mouth", {"animal_ears": ">", "mouth_open": ">"}),
        ("wide open mouth, strong blush", {"mouth_open": ">", "blush": ">"}),
        ("hats and ribbons", {"hat": ">", "ribbon": ">"}),
        ("round glasses", {"glasses": ">", "glasses_rim": "round"}),
        ("short hair, long hair", {"hair_length": ">"}),
    ],
)
def test_words_become_demands(vocabulary: Vocabulary, text: str, meant: dict[str, str]):
    understood = read_demands(text, vocabulary)
    assert understood.unknown == ()
    assert {d.name for d in understood.demands} == set(meant)
    for demand in understood.demands:
        expected = meant[demand.name]
        if demand.classes:
            assert demand.classes == (expected,)
        else:
            middle = (demand.attribute.low + demand.attribute.high) / 2
            assert demand.low >= middle if expected == ">" else demand.high <= middle


def test_every_word_that_the_help_names_is_understood_alone_and_refused(vocabulary: Vocabulary):
    for word in known_words(vocabulary):
        for said in (word, f"no {word}"):
            understood = read_demands(said, vocabulary)
            assert understood.unknown == (), said
            assert len(understood.demands) == 1, said


def test_unknown_words_are_named(vocabulary: Vocabulary):
    assert read_demands("elegant hair, glasses", vocabulary).unknown == ("elegant",)


def test_a_demand_says_whether_it_is_met_and_what_to_wish(vocabulary: Vocabulary):
    long_hair, glasses = read_demands("long hair, glasses", vocabulary).demands
    assert long_hair.met({"hair_length": 0.9})
    assert long_hair.missed({"hair_length": 0.42}) == pytest.approx(0.2)
    assert long_hair.met({"hair_length": long_hair.target({"hair_length": 0.1})})
    assert glasses.target({"glasses": 0.2}) == 1.0
    assert glasses.refused().met({"glasses": 0.2})
    assert not glasses.met({})
    assert not long_hair.refused().met({"hair_length": 0.9})


def test_a_brief_is_read(vocabulary: Vocabulary):
    brief = read_brief("12 students, at most 2 with glasses, all hair lengths, nobody with a hat", vocabulary)
    assert brief.count == 12
    assert [(rule.quantity, rule.count) for rule in brief.rules] == [("at most", 2), ("spread", 12), ("all", 12)]
    assert brief.unknown == ()
    assert not brief.rules[2].kept([{"hat": 1.0}])


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("six girls with blue eyes", [(6, "all", 6)]),
        ("4 people, half with long hair, exactly 1 with a ribbon", [(4, "exactly", 2), (4, "exactly", 1)]),
        ("all hair colours and at least three with glasses", [(12, "spread", 12), (12, "at least", 3)]),
        ("5, no glasses", [(5, "all", 5)]),
        ("1000 monsters with short hair", [(40, "all", 40)]),
    ],
)
def test_ways_to_say_a_brief(vocabulary: Vocabulary, text: str, rules: list):
    brief = read_brief(text, vocabulary)
    assert [(brief.count, rule.quantity, rule.count) for rule in brief.rules] == rules
