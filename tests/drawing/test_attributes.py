"""Ground truth is truth: each attribute changes what it names, and nothing else."""

import numpy as np
import pytest

from anime_gen.drawing import ATTRIBUTES, Character, masks, render, sample_characters, sweep, with_attribute
from anime_gen.drawing.attributes import DERIVED, STORED
from anime_gen.drawing.sheets import model_character, sweep_values
from tests.drawing.faces import RISES, face_of, hue_of, mean_colour

CONTINUOUS = [name for name, spec in ATTRIBUTES.items() if spec.kind == "continuous"]
BINARY = [name for name, spec in ATTRIBUTES.items() if spec.kind == "binary"]


def _models() -> list[Character]:
    """The model and two faces with much on, so that hidden and overlapping parts are met as well."""
    dressed = sample_characters(1, seed=4, split="independent")
    return [model_character(), *dressed, *sample_characters(1, seed=2, split="other_style")]


def test_there_are_at_least_24_attributes_with_exact_ranges() -> None:
    assert len(STORED) >= 24
    for spec in ATTRIBUTES.values():
        assert spec.group in {"expression", "eyewear", "hair", "eyes", "face", "accessories"}
        assert spec.classes if spec.kind == "categorical" else spec.low < spec.high


def test_every_continuous_attribute_has_a_measure_here() -> None:
    assert set(RISES) == set(CONTINUOUS)


@pytest.mark.parametrize("name", STORED)
def test_only_the_attributes_own_parts_change(name: str) -> None:
    seen = False
    for character in _models():
        first, *others = sweep(character, name, 2)
        before, parts = render(first, 64), masks(first, 64)
        for other in others:
            changed = (before != render(other, 64)).any(axis=2)
            now = masks(other, 64)
            own = np.logical_or.reduce([parts[part] | now[part] for part in ATTRIBUTES[name].region])
            assert not (changed & ~own).any(), f"{name} changed pixels outside {ATTRIBUTES[name].region}"
            seen = seen or bool(changed.any())
    assert seen, f"{name} changed nothing on any of the faces"


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_attribute_moves_its_measure_all_along(name: str) -> None:
    values = [RISES[name](face_of(character)) for character in sweep(model_character(), name, 4)]
    steps = np.diff(values)
    tolerance = 0.1 * (values[-1] - values[0])
    assert values[-1] > values[0]
    assert (steps >= -tolerance).all(), values


@pytest.mark.parametrize("name", BINARY)
def test_binary_attribute_puts_its_part_on_and_off(name: str) -> None:
    off, on = sweep(model_character(), name)
    assert not masks(off, 64)[name].any()
    assert masks(on, 64)[name].sum() >= 40  # legible at 64 px: one pixel in a hundred


@pytest.mark.parametrize(("name", "part"), [("hair_hue", "hair_front"), ("eye_hue", "eyes")])
def test_hue_is_the_hue_of_the_pixels(name: str, part: str) -> None:
    vivid = with_attribute(model_character(), "hair_saturation", 1.0)
    for value in (0.0, 120.0, 200.0, 240.0, 300.0):
        hue = hue_of(mean_colour(face_of(with_attribute(vivid, name, value)), part))
        assert abs((hue - value + 180.0) % 360.0 - 180.0) < 25.0


@pytest.mark.parametrize("name", ["hair_style", "glasses_rim"])
def test_classes_of_a_categorical_attribute_differ_plainly(name: str) -> None:
    pictures = [render(character, 64).astype(int) for character in sweep(model_character(), name)]
    for index, picture in enumerate(pictures):
        for other in pictures[:index]:
            assert (np.abs(picture - other).max(axis=2) > 40).sum() >= 40


def test_half_rims_leave_the_upper_half_open() -> None:
    round_, _, half = (face_of(character) for character in sweep(model_character(), "glasses_rim"))
    rim = [np.abs(face.picture - face_of(model_character()).picture).max(axis=2) > 90 for face in (round_, half)]
    assert rim[0][:55].sum() > 2 * rim[1][:55].sum()


def test_short_hair_ends_at_the_jaw_and_long_hair_leaves_the_picture() -> None:
    short, long = (face_of(character) for character in sweep(model_character(), "hair_length", 2))
    hair = ("hair_back", "hair", "hair_front")
    assert not short.part(*hair)[80:].any()
    assert long.part(*hair)[95].sum() >= 20


def test_small_steps_make_small_changes() -> None:
    base = model_character()
    for name in CONTINUOUS:
        near = [with_attribute(base, name, value) for value in (0.500, 0.505)]
        first, second = (render(character, 64).astype(int) for character in near)
        assert np.abs(first - second).mean() < 2.0, name


@pytest.mark.parametrize("name", STORED)
def test_a_bad_value_names_attribute_and_range(name: str) -> None:
    spec = ATTRIBUTES[name]
    bad = "no such class" if spec.kind == "categorical" else spec.high + 0.5
    with pytest.raises(ValueError, match=name) as error:
        with_attribute(model_character(), name, bad)
    assert spec.allowed in str(error.value)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "0.5"])
def test_what_is_no_number_is_refused(bad: float | str) -> None:
    with pytest.raises(ValueError, match=r"smile must be a number from -1 to 1"):
        with_attribute(model_character(), "smile", bad)


@pytest.mark.parametrize("name", DERIVED)
def test_derived_attributes_cannot_be_set(name: str) -> None:
    with pytest.raises(ValueError, match=ATTRIBUTES[name].derived_from[0]):
        with_attribute(model_character(), name, ATTRIBUTES[name].classes[0])


def test_unknown_attribute_lists_the_names() -> None:
    with pytest.raises(ValueError, match="hair_length"):
        with_attribute(model_character(), "hair_lenght", 0.5)


def test_sweeps_reach_both_ends() -> None:
    for name in STORED:
        spec, values = ATTRIBUTES[name], sweep_values(name, 5)
        if spec.kind == "categorical":
            assert tuple(values) == spec.classes
        else:
            assert values[0] == spec.low
            assert values[-1] == (288.0 if spec.kind == "cyclic" else spec.high)
