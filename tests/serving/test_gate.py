import numpy as np
import pytest

from anime_gen.images.faces import ArrayFaces
from anime_gen.serving.gate import GateRule, Score, compare, decide, sample, score, table
from tests.conftest import tiny_generator

RULE = GateRule(faces=48)


def colours(pictures: np.ndarray) -> np.ndarray:
    """Features that need no network: mean colour of each quarter."""
    n, side = pictures.shape[:2]
    quarters = pictures.reshape(n, 2, side // 2, 2, side // 2, 3).mean((2, 4))
    return quarters.reshape(n, -1) / 64.0


def scored(kid: float, coverage: float = 0.5, error: float = 0.01) -> Score:
    return Score(kid, error, 1.0, coverage, 16)


@pytest.mark.parametrize(
    ("challenger", "champion", "sizes", "promoted", "words"),
    [
        (scored(0.1), scored(0.3), (16, 16), True, "lower by 0.2"),
        (scored(0.3), scored(0.1), (16, 16), False, "not lower"),
        (scored(0.29), scored(0.3), (16, 16), False, "noise"),
        (scored(0.29), scored(0.3), (32, 16), True, "32 px for 16 px"),
        (scored(0.4), scored(0.3), (32, 16), False, "not lower"),
        (scored(0.1, coverage=0.4), scored(0.3, coverage=0.5), (16, 16), False, "coverage is lower by 0.100"),
        (scored(0.1, coverage=0.49), scored(0.3, coverage=0.5), (16, 16), True, "KID"),
    ],
)
def test_the_rule(challenger: Score, champion: Score, sizes: tuple[int, int], promoted: bool, words: str):
    decision = decide(challenger, champion, sizes, RULE)
    assert decision.promoted is promoted
    assert words in decision.reason


def test_the_generator_that_made_the_faces_wins():
    own, other = tiny_generator(0), tiny_generator(1)
    faces = ArrayFaces(sample(own, 96, 16, seed=0))
    challenger, champion = compare(own, other, faces, colours, RULE)
    assert challenger.kid < champion.kid
    assert decide(challenger, champion, (16, 16), RULE).promoted
    assert [row["model"] for row in table(challenger, champion)] == ["challenger", "champion"]


def test_both_are_measured_at_the_lower_resolution():
    faces = ArrayFaces(sample(tiny_generator(0), 48, 16, seed=0)).at(8)
    assert {one.resolution for one in compare(tiny_generator(0), tiny_generator(1), faces, colours, RULE)} == {8}


def test_a_sample_does_not_depend_on_its_batch():
    whole, parts = sample(tiny_generator(), 6, 16, seed=3, batch=6), sample(tiny_generator(), 6, 16, seed=3, batch=1)
    assert np.abs(whole.astype(int) - parts.astype(int)).max() <= 1


def test_too_few_faces_say_so():
    faces = ArrayFaces(np.zeros((4, 16, 16, 3), dtype=np.uint8))
    with pytest.raises(ValueError, match="4 held-out faces are too few"):
        score(tiny_generator(), faces, colours, 16, RULE)
