import numpy as np
import pytest

from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.measurer_training import SHIPPED
from anime_gen.images.faces import ArrayFaces
from anime_gen.serving.gate import GateRule, Score, compare, decide, sample, score, table
from tests.conftest import tiny_generator

RULE = GateRule(faces=48)


@pytest.fixture(scope="module")
def measurer() -> Measurer:
    return Measurer.load(SHIPPED)


def scored(kid: float, spread: float | None = 0.8, kid_error: float = 0.01, spread_error: float = 0.01) -> Score:
    return Score(kid, kid_error, spread, spread_error, 1.0, 0.5, 16)


@pytest.mark.parametrize(
    ("challenger", "champion", "sizes", "promoted", "words"),
    [
        (scored(0.1), scored(0.3), (16, 16), True, "KID is lower by 0.2000"),
        (scored(0.3), scored(0.1), (16, 16), False, "KID is higher by 0.2000"),
        (scored(0.29), scored(0.3), (16, 16), False, "no larger"),
        (scored(0.29), scored(0.3), (32, 16), True, "32 px for 16 px"),
        (scored(0.4), scored(0.3), (32, 16), False, "KID is higher"),
        (scored(0.3, 0.9), scored(0.3, 0.8), (16, 16), True, "spread is wider by 0.1000"),
        (scored(0.3, 0.81), scored(0.3, 0.8), (16, 16), False, "spread is equal within the noise of 0.0283"),
        (scored(0.1, 0.7), scored(0.3, 0.8), (32, 16), False, "spread is narrower by 0.1000"),  # prettier but samer
        (scored(0.4, 0.9), scored(0.3, 0.8), (16, 16), False, "KID is higher"),  # more varied but uglier
        (scored(0.1, None), scored(0.3, 0.8), (16, 16), True, "KID is lower"),
    ],
)
def test_the_rule(challenger: Score, champion: Score, sizes: tuple[int, int], promoted: bool, words: str):
    decision = decide(challenger, champion, sizes, RULE)
    assert decision.promoted is promoted
    assert words in decision.reason


@pytest.mark.parametrize(("gain", "promoted"), [(0.0999, False), (0.1001, True)])
def test_the_noise_is_that_of_the_difference_of_two_figures(gain: float, promoted: bool):
    """Two standard errors of 3 and 4: the difference has 5."""
    rule = GateRule(faces=48, noise=2.0)
    challenger, champion = scored(0.3 - gain, kid_error=0.03), scored(0.3, kid_error=0.04)
    assert decide(challenger, champion, (16, 16), rule).promoted is promoted
    wider = scored(0.3, 0.8 + gain, spread_error=0.03), scored(0.3, 0.8, spread_error=0.04)
    assert decide(*wider, (16, 16), rule).promoted is promoted


def test_the_generator_that_made_the_faces_wins(measurer):
    own, other = tiny_generator(0), tiny_generator(1)
    faces = ArrayFaces(sample(own, 96, 16, seed=0))
    challenger, champion = compare(own, other, faces, measurer, RULE)
    assert challenger.kid < champion.kid
    assert decide(challenger, champion, (16, 16), RULE).promoted
    assert [row["model"] for row in table(challenger, champion)] == ["challenger", "champion"]


def test_a_generator_is_no_better_than_itself(measurer):
    own = tiny_generator(0)
    challenger, champion = compare(own, own, ArrayFaces(sample(own, 96, 16, seed=0)), measurer, RULE)
    assert challenger == champion
    assert not decide(challenger, champion, (16, 16), RULE).promoted


@pytest.mark.parametrize("side", [16, 8])
def test_both_are_measured_at_the_lowest_resolution_of_the_three(measurer, side: int):
    """Faces of 8 px are compared with pictures averaged down to 8 px: the generator that made them is at the floor."""
    own = tiny_generator(0)
    faces = ArrayFaces(sample(own, 48, 16, seed=0)).at(side)
    challenger, champion = compare(own, tiny_generator(1), faces, measurer, RULE)
    assert {challenger.resolution, champion.resolution} == {side}
    assert abs(challenger.kid) < 4 * challenger.kid_error < champion.kid


def test_a_sample_does_not_depend_on_its_batch():
    whole, parts = sample(tiny_generator(), 6, 16, seed=3, batch=6), sample(tiny_generator(), 6, 16, seed=3, batch=1)
    assert np.abs(whole.astype(int) - parts.astype(int)).max() <= 1


def test_too_few_faces_say_so(measurer):
    faces = ArrayFaces(np.zeros((4, 16, 16, 3), dtype=np.uint8))
    with pytest.raises(ValueError, match="4 held-out faces are too few"):
        score(tiny_generator(), faces, measurer, 16, RULE)
