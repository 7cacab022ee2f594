"""Classes are named regions with exact borders."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anime_gen.drawing import ATTRIBUTES, with_attribute
from anime_gen.drawing.classes import expression, eye_color, hair_color
from anime_gen.drawing.sheets import model_character

UNIT = st.floats(0.0, 1.0)
SIGNED = st.floats(-1.0, 1.0)
HUE = st.floats(0.0, 360.0, exclude_max=True)


def below(value: float) -> float:
    return math.nextafter(value, -math.inf)


@pytest.mark.parametrize(
    ("inside", "outside", "name", "otherwise"),
    [
        ((0.0, 0.45, 0.0, 0.6), (0.0, below(0.45), 0.0, 0.6), "surprised", "neutral"),
        ((0.0, 0.45, 0.0, 0.6), (0.0, 0.45, 0.0, below(0.6)), "surprised", "neutral"),
        ((below(0.35), 0.5, 0.0, 0.7), (0.35, 0.5, 0.0, 0.7), "surprised", "happy"),
        ((0.35, 0.0, 0.0, 0.5), (below(0.35), 0.0, 0.0, 0.5), "happy", "neutral"),
        ((0.0, 0.0, 0.35, 0.5), (0.0, 0.0, below(0.35), 0.5), "angry", "neutral"),
        ((0.35, 0.0, 0.35, 0.5), (below(0.35), 0.0, 0.35, 0.5), "smug", "angry"),
        ((below(-0.2), 0.0, -0.5, 0.5), (-0.2, 0.0, -0.5, 0.5), "sad", "neutral"),
        ((-0.5, 0.0, below(-0.2), 0.5), (-0.5, 0.0, -0.2, 0.5), "sad", "neutral"),
    ],
)
def test_expression_borders(
    inside: tuple[float, float, float, float], outside: tuple[float, float, float, float], name: str, otherwise: str
) -> None:
    assert expression(*inside) == name
    assert expression(*outside) == otherwise


@pytest.mark.parametrize(
    ("inside", "outside", "name", "otherwise"),
    [
        ((100.0, 1.0, below(0.16)), (100.0, 1.0, 0.16), "black", "green"),
        ((100.0, below(0.18), 0.5), (100.0, 0.18, 0.5), "gray", "green"),
        ((100.0, 0.0, 0.68), (100.0, 0.0, below(0.68)), "white", "gray"),
        ((50.0, 0.8, 0.46), (50.0, 0.8, below(0.46)), "blonde", "brown"),
        ((20.0, 0.8, 0.46), (20.0, 0.8, below(0.46)), "orange", "brown"),
        ((5.0, 0.8, below(0.62)), (5.0, 0.8, 0.62), "red", "pink"),
        ((344.0, 0.8, 0.5), (below(344.0), 0.8, 0.5), "red", "pink"),
        ((160.0, 0.8, 0.5), (below(160.0), 0.8, 0.5), "aqua", "green"),
        ((252.0, 0.8, 0.5), (below(252.0), 0.8, 0.5), "purple", "blue"),
    ],
)
def test_hair_color_borders(
    inside: tuple[float, float, float], outside: tuple[float, float, float], name: str, otherwise: str
) -> None:
    assert hair_color(*inside) == name
    assert hair_color(*outside) == otherwise


@pytest.mark.parametrize(
    ("inside", "outside", "name", "otherwise"),
    [
        ((210.0, below(0.15)), (210.0, 0.15), "black", "blue"),
        ((30.0, below(0.42)), (30.0, 0.42), "brown", "orange"),
        ((66.0, 0.8), (below(66.0), 0.8), "green", "yellow"),
    ],
)
def test_eye_color_borders(
    inside: tuple[float, float], outside: tuple[float, float], name: str, otherwise: str
) -> None:
    assert eye_color(*inside) == name
    assert eye_color(*outside) == otherwise


@given(SIGNED, UNIT, SIGNED, UNIT)
def test_every_face_has_one_expression(smile: float, opening: float, angle: float, height: float) -> None:
    assert expression(smile, opening, angle, height) in ATTRIBUTES["expression"].classes


@given(HUE, UNIT, UNIT)
def test_every_colour_has_one_name(hue: float, saturation: float, lightness: float) -> None:
    assert hair_color(hue, saturation, lightness) in ATTRIBUTES["hair_color"].classes
    assert eye_color(hue, lightness) in ATTRIBUTES["eye_color"].classes


def test_what_cannot_be_seen_has_no_label() -> None:
    model = model_character()
    assert model.labels()["glasses_size"] is None
    assert with_attribute(model, "glasses", 1.0).labels()["glasses_size"] == 0.5
    closed = with_attribute(model, "eye_openness", 0.05).labels()
    assert [closed[name] for name in ("eye_hue", "eye_color", "pupil_size")] == [None, None, None]
    assert closed["eye_openness"] == 0.05
    black = with_attribute(model, "hair_lightness", 0.05).labels()
    assert (black["hair_color"], black["hair_hue"]) == ("black", None)
    assert with_attribute(model, "hair_style", "hime").labels()["hair_parting"] is None


def test_labels_cover_the_vocabulary_in_order() -> None:
    assert tuple(model_character().labels()) == tuple(ATTRIBUTES)
