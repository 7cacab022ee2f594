import pytest
import torch

from anime_gen.evaluation.tag_swaps import TagSwaps
from anime_gen.stylegan2 import draw_characters
from tests.evaluation.fakes import COLUMNS, PLACE, FakeConditional, FakeMeasurer, random_tags

IDENTITY = torch.eye(len(COLUMNS))
SMILE, LENGTH = PLACE["smile"].start, PLACE["hair_length"].start


def judged(obeyed: torch.Tensor, tags: torch.Tensor | None = None) -> dict:
    rows = random_tags(40, seed=3) if tags is None else tags
    generator = FakeConditional(obeyed, rows)
    return TagSwaps(generator, FakeMeasurer(), range(40), torch.ones(len(COLUMNS) + 12), batch=16).judge()


def test_a_generator_that_obeys_misses_nothing_and_leaves_the_rest():
    found = judged(IDENTITY)
    assert found["miss_median"] == pytest.approx(0.0, abs=1e-5)
    assert found["drift_mean"] == pytest.approx(0.0, abs=1e-5)  # a colour that follows the hue asked for is no drift
    assert list(found["attributes"]) == list(PLACE)
    assert found["attributes"]["glasses"]["as_asked"] == found["attributes"]["hair_style"]["as_asked"] == 1.0


def test_a_generator_that_is_deaf_to_smiles_misses_those_alone():
    deaf = IDENTITY.clone()
    deaf[SMILE, SMILE] = 0.0
    found = judged(deaf)["attributes"]
    asked = draw_characters(FakeConditional(deaf, random_tags(40, seed=3)), range(40))[1][:, SMILE]  # by somebody else
    assert found["smile"]["miss"] == pytest.approx(float(asked.abs().quantile(0.5)) / 2, abs=1e-5)  # the range is 2
    assert found["hair_length"]["miss"] == pytest.approx(0.0, abs=1e-5)


def test_a_tag_that_drags_another_attribute_along_drifts():
    """A smile adds half of itself to hair length: on average the change of two random smiles (2 / 3), halved."""
    dragging = IDENTITY.clone()
    dragging[SMILE, LENGTH] = 0.5
    found = judged(dragging)["attributes"]
    assert found["smile"]["drift"] == pytest.approx(2 / 3 * 0.5 / 5, rel=0.3)  # over five other attributes
    assert found["hair_length"]["drift"] == pytest.approx(0.0, abs=1e-5)


def test_unknown_tags_are_neither_given_nor_taken():
    tags = random_tags(40, seed=3)
    tags[5:, SMILE] = torch.nan
    assert judged(IDENTITY, tags)["attributes"]["smile"]["miss"] == pytest.approx(0.0, abs=1e-5)
    tags[1:, SMILE] = torch.nan
    assert "smile" not in judged(IDENTITY, tags)["attributes"]
