"""The drawn source: which split a character comes from."""

import json

import pytest

from anime_gen.drawing import sample_characters
from anime_gen.images.config import FacesConfig, SourceConfig
from anime_gen.images.sources.drawn import DrawnSource


def drawn(split: str, count: int) -> list[str]:
    source = DrawnSource(SourceConfig(kind="drawn", split=split, count=count))
    pending = list(enumerate(source.listing().members))
    config = FacesConfig(resolution_px=32)
    return [picture.origin for work in source.works(pending, 4) for picture in work.pictures(config)]


def test_mixed_takes_three_of_five_from_default_and_two_from_independent():
    expected = [
        sample_characters(1, 0, "default" if i % 5 < 3 else "independent", start=i)[0].to_json() for i in range(10)
    ]
    assert [json.loads(text) for text in drawn("mixed", 10)] == [json.loads(text) for text in expected]


def test_an_unknown_split_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"default, independent, other_style, mixed; got 'bright'"):
        DrawnSource(SourceConfig(kind="drawn", split="bright"))
