import numpy as np
import pytest

from anime_gen.latent.outcome import Outcome, plain_outcomes, shortfall
from tests.latent.toys import TAG_VOCABULARY

VALUES = {
    "length": np.array([0.51]),
    "width": np.array([0.2]),
    "glasses": np.array([0.1]),
    "rim": np.array([0.5]),
    "hue": np.array([350.0]),
    "style": np.array(["buns"], dtype=object),
}


def test_a_wish_is_as_asked_when_it_is_read_near_enough_else_it_says_why_not():
    found = plain_outcomes(TAG_VOCABULARY, {"style": "buns", "width": 0.3, "length": 0.5, "hue": 8.0}, VALUES)
    reason = "no further without becoming another face"
    assert found == {
        "length": Outcome(0.5, 0.51, None, ""),
        "width": Outcome(0.3, 0.2, None, reason),
        "hue": Outcome(8.0, 350.0, None, reason),
        "style": Outcome("buns", "buns", None, ""),
    }
    assert list(found) == ["length", "width", "hue", "style"]


@pytest.mark.parametrize(
    ("name", "asked", "reached", "missed"),
    [
        ("length", 0.2, 0.7, 0.5),
        ("glasses", 1.0, 0.51, 0.0),
        ("glasses", 1.0, 0.49, 1.0),
        ("style", "buns", "tails", 1.0),
        ("hue", 350.0, 10.0, 20.0 / 180.0),
    ],
)
def test_a_shortfall_is_a_share_of_the_range(name, asked, reached, missed):
    assert shortfall(TAG_VOCABULARY[name], asked, reached) == pytest.approx(missed)
