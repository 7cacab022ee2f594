from types import SimpleNamespace

import pytest
import torch

from anime_gen.latent.tag_response import TagResponse
from anime_gen.serving.expectation import Expectation
from anime_gen.stylegan2.inference.characters import tag_row
from tests.latent.toys import TAG_SETTINGS, TAG_VOCABULARY, PlainCondition, TagGenerator

COLUMNS = TagGenerator().config.condition
NAN = torch.nan
#              length width chin glasses rim hue       style
ROWS = [
    [0.1, 0.2, 0.3, -1.0, NAN, 0.0, -1.0, 0.1, 0.7, 0.2],
    [0.9, 0.8, 0.7, 0.5, 0.6, 1.0, 0.0, 1.0, 0.0, 0.0],
    [0.5, 0.9, NAN, 3.0, 0.6, NAN, NAN, 0.0, 0.0, 1.0],
]


def expectation(known: bool = True, response: TagResponse | None = None) -> Expectation:
    network = PlainCondition(COLUMNS, len(ROWS), len(COLUMNS))
    table = torch.tensor(ROWS)
    network.rows.copy_(table.nan_to_num(0.0))
    network.known.copy_(~table.isnan())
    generator = SimpleNamespace(
        mapping=SimpleNamespace(tags=network if known else None), config=SimpleNamespace(condition=COLUMNS)
    )
    directions = SimpleNamespace(tags=response, settings=TAG_SETTINGS)
    tagger = SimpleNamespace(vocabulary=TAG_VOCABULARY)
    return Expectation(SimpleNamespace(generator=generator, directions=directions, tagger=tagger))


def number_of(row: int) -> int:
    return next(number for number in range(99) if tag_row(number, len(ROWS)) == row)


def test_characters_promise_what_their_row_of_tags_says():
    first, second, third = expectation().of([number_of(row) for row in range(3)])
    assert first == pytest.approx(
        {"length": 0.1, "width": 0.2, "chin": 0.3, "glasses": 0.0, "hue": 270.0, "style": "buns"}
    )
    assert second["glasses"] == 0.75
    assert second["rim"] == pytest.approx(0.6)
    assert second["hue"] == 0.0
    assert second["style"] == "loose"
    assert third["glasses"] == 1.0
    assert third.keys() == {"length", "width", "glasses", "rim", "style"}


def test_a_decided_class_is_that_of_the_nearest_face_surely_read():
    """Of three examples the nearest to the first row was read as no class for certain."""
    examples = torch.zeros(3, len(COLUMNS))
    examples[:, 1:3] = torch.tensor([[0.2, 0.3], [0.3, 0.3], [0.8, 0.7]])
    classes = torch.tensor([[-1, -1], [1, 0], [1, 1]])
    nothing = torch.zeros(0)
    response = TagResponse(nothing, nothing, nothing, examples, torch.ones(3, len(COLUMNS)) > 0, classes)
    promised = expectation(response=response).of([number_of(row) for row in range(2)])
    assert [each["verdict"] for each in promised] == ["slim", "broad"]


def test_a_generator_without_tags_promises_nothing():
    assert expectation(known=False).of([1, 2]) is None
