from types import SimpleNamespace

import pytest

from anime_gen.attributes import Attribute
from anime_gen.evaluation.config import EditConfig
from anime_gen.evaluation.edits.redrawn import Redrawn, knows_drawings
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.measurer_training import SHIPPED
from tests.latent.toys import VOCABULARY


@pytest.fixture(scope="module")
def redrawn() -> Redrawn:
    directions = SimpleNamespace(released_by=lambda names: {"expression"})
    return Redrawn(
        directions, Measurer.load(SHIPPED), EditConfig(characters=8, population=24, requests=2, bootstrap=20)
    )


def attribute(redrawn: Redrawn, name: str) -> Attribute:
    return redrawn.measurer.vocabulary[name]


def test_a_perfect_edit_is_missed_by_the_measurers_own_error_and_no_more(redrawn: Redrawn) -> None:
    figures = redrawn.figures(attribute(redrawn, "smile"))
    assert figures is not None
    assert 0.0 < figures["hit_median"] < 0.08
    assert figures["spearman"] > 0.9
    assert 0.0 < figures["drift_mean"] < 0.03


def test_what_hides_with_glasses_is_judged_on_those_who_wear_them(redrawn: Redrawn) -> None:
    figures = redrawn.figures(attribute(redrawn, "glasses_rim"))
    assert figures is not None
    assert figures["hit_mean"] < 0.1


def test_what_follows_from_other_attributes_cannot_be_drawn_by_itself(redrawn: Redrawn) -> None:
    assert redrawn.figures(attribute(redrawn, "expression")) is None


def test_only_a_measurer_of_drawings_can_be_asked() -> None:
    assert knows_drawings(Measurer.load(SHIPPED))
    assert not knows_drawings(SimpleNamespace(vocabulary=VOCABULARY))
