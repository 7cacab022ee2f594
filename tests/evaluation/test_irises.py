"""Drawn faces with planted different eyes: what the figure finds, and what it takes for different."""

import numpy as np
import pytest

from anime_gen.drawing import Character, render, sample_characters, with_attribute
from anime_gen.drawing.pose import pose
from anime_gen.evaluation.irises import LEAST_OPEN, eyes_match, iris_differences, srgb_to_lab
from anime_gen.evaluation.marginals import Values
from anime_gen.evaluation.measurer import drawn_vocabulary

SIDE = 64


def characters(count: int, seed: int) -> list[Character]:
    drawn = sample_characters(4 * count, seed, "independent")
    return [c for c in drawn if c.number("eye_openness") >= LEAST_OPEN and c.number("eye_lightness") > 0.25][:count]


def truth(faces: list[Character]) -> Values:
    """What a perfect measurer reads."""
    words = drawn_vocabulary()
    return {
        name: np.array([c.attributes[name] for c in faces], dtype=object if words[name].classes else float)
        for name in faces[0].attributes
    }


def drawn(faces: list[Character]) -> np.ndarray:
    return np.stack([render(face, SIDE) for face in faces])


def planted(faces: list[Character], turn: float) -> np.ndarray:
    """The right half of each picture is that of the same face with another colour of eyes."""
    pictures = drawn(faces)
    for picture, face in zip(pictures, faces, strict=True):
        middle = int(pose(face).face(np.array([0.0, 0.6]))[0] * SIDE)
        other = with_attribute(face, "eye_hue", (face.number("eye_hue") + turn) % 360.0)
        picture[:, middle:] = render(other, SIDE)[:, middle:]
    return pictures


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    faces = characters(150, 1)
    return iris_differences(drawn(faces), truth(faces))


def test_eyes_of_one_colour_match_as_often_as_in_the_data(reference):
    faces = characters(100, 2)
    assert eyes_match(reference, iris_differences(drawn(faces), truth(faces))) >= 0.95


def test_planted_different_eyes_are_found(reference):
    faces = characters(100, 3)
    assert eyes_match(reference, iris_differences(planted(faces, 120.0), truth(faces))) <= 0.05


def test_closed_eyes_do_not_count(reference):
    faces = characters(30, 4)
    values = truth(faces)
    values["eye_openness"][:25] = 0.0
    differences = iris_differences(drawn(faces), values)
    assert np.isnan(differences[:25]).all()
    assert not np.isnan(differences[25:]).any()
    assert eyes_match(reference, differences) is None


def test_readings_beyond_an_attributes_range_are_taken_for_its_end():
    faces = characters(4, 5)
    values = truth(faces)
    values["head_turn"] = np.array([-1.4, 1.4, 0.0, 0.0])
    values["eye_hue"] = values["eye_hue"] + 360.0
    assert np.isfinite(iris_differences(drawn(faces), values)).all()


def test_lab_of_known_colours():
    """White, black, and sRGB red, whose CIELAB values are tabulated: 53.2, 80.1, 67.2."""
    found = srgb_to_lab(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]], np.uint8))
    np.testing.assert_allclose(found[0], [100, 0, 0], atol=0.1)
    np.testing.assert_allclose(found[1], [0, 0, 0], atol=0.1)
    np.testing.assert_allclose(found[2], [53.24, 80.09, 67.20], atol=0.2)
