import json
from pathlib import Path

import numpy as np
import pytest
import torch

from anime_gen.drawing import render, sample_characters
from anime_gen.evaluation import measurer_training
from anime_gen.evaluation.config import MeasurerConfig
from anime_gen.evaluation.distances.features import RandomConvolutions, extract, to_images, to_pictures
from anime_gen.evaluation.measurer import INPUT_PX, KNOWN, MIRRORED, Measurer, drawn_vocabulary
from anime_gen.evaluation.measurer_training import content_key, draw, ensure_measurer, probe, train_measurer
from anime_gen.images.faces import area_average

CONFIG = MeasurerConfig(pictures=160, test_pictures=32, epochs=4, cycles=2, batch=32, width=8)


@pytest.fixture(scope="module")
def measurer() -> Measurer:
    return train_measurer(CONFIG)


def test_it_learns_what_is_easy_to_see_and_says_how_well(measurer):
    """A few pictures and seconds: the lightness of hair must be found even so."""
    assert measurer.errors["hair_lightness"]["r2"] > 0.3
    assert measurer.errors["hat"]["auroc"] is not None
    assert set(measurer.errors) == set(drawn_vocabulary())
    json.dumps(measurer.card, allow_nan=False)


def test_saved_and_loaded_it_reads_the_same(measurer, tmp_path: Path):
    path = tmp_path / "measurer.safetensors"
    measurer.save(path)
    images = torch.rand(3, 3, 16, 16) * 2 - 1
    loaded = Measurer.load(path)
    torch.testing.assert_close(loaded.readout(images), measurer.readout(images))
    torch.testing.assert_close(loaded.features(images), measurer.features(images))
    assert loaded.card == measurer.card
    path.write_bytes(b"no")
    with pytest.raises(ValueError, match="run the same command again"):
        Measurer.load(path)
    with pytest.raises(FileNotFoundError, match="kedro run"):
        Measurer.load(tmp_path / "none")


def test_an_unchanged_measurer_is_kept_and_another_seed_is_not():
    tiny = MeasurerConfig(pictures=64, test_pictures=32, epochs=1, cycles=1, batch=32, width=4)
    first = ensure_measurer(tiny)
    assert ensure_measurer(tiny, first) is first
    other = tiny.model_copy(update={"seed": 1})
    assert ensure_measurer(other, first).card["key"] == content_key(other) != first.card["key"]


def test_the_shipped_one_is_taken_while_settings_and_drawings_are_its_own(measurer, tmp_path: Path, monkeypatch):
    shipped = tmp_path / "shipped.safetensors"
    measurer.save(shipped)

    def trains(*_: object) -> Measurer:
        raise InterruptedError("trains anew")

    monkeypatch.setattr(measurer_training, "train_measurer", trains)
    assert ensure_measurer(CONFIG, shipped=shipped).card == measurer.card
    with pytest.raises(InterruptedError):
        ensure_measurer(CONFIG.model_copy(update={"epochs": 5}), shipped=shipped)
    drawn_today = probe(CONFIG.seed)
    monkeypatch.setattr(measurer_training, "probe", lambda seed: 255 - drawn_today)  # the program draws otherwise now
    with pytest.raises(InterruptedError):
        ensure_measurer(CONFIG, measurer, shipped=shipped)
    with pytest.raises(InterruptedError):
        ensure_measurer(CONFIG, shipped=shipped)


def test_the_measurer_in_the_package_is_that_of_the_default_settings_and_reads_everything():
    """After a change of the drawing program or of the training: `python -m anime_gen.evaluation.measurer_training`."""
    measurer = Measurer.load(measurer_training.SHIPPED)
    assert measurer.card["key"] == content_key(MeasurerConfig())
    change = np.abs(measurer.get_buffer("probe").numpy().astype(float) - probe(MeasurerConfig().seed)).mean()
    assert change <= measurer_training.LARGEST_CHANGE
    assert np.mean([error["r2"] for error in measurer.errors.values() if "r2" in error]) >= 0.93
    assert min(error["accuracy"] for error in measurer.errors.values() if "accuracy" in error) >= 0.85


def test_features_are_standard_on_drawn_faces_with_halves_of_equal_weight(measurer):
    features = extract(measurer, draw(sample_characters(160, CONFIG.seed, split="independent")))
    spread = features.var(0)
    assert np.abs(features.mean(0)).max() < 0.1
    assert spread[:KNOWN].sum() == pytest.approx(spread[KNOWN:].sum(), rel=0.2)


def test_random_features_are_the_same_on_every_machine():
    network = RandomConvolutions()
    value = network(torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32))
    torch.testing.assert_close(value, RandomConvolutions()(torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)))
    assert value.shape == (1, network.size)
    assert float(network.weight0[0, 0, 0, 0]) == pytest.approx(float(RandomConvolutions().weight0[0, 0, 0, 0]))


def test_mirrored_attributes_are_symmetric_ranges():
    vocabulary = drawn_vocabulary()
    assert all(vocabulary[name].low == -vocabulary[name].high for name in MIRRORED)


def test_pictures_survive_the_way_to_tensors_and_back():
    pictures = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(to_pictures(to_images(pictures)), pictures)
    assert to_pictures(torch.full((1, 3, 4, 4), 7.0)).max() == 255


def test_pictures_of_every_size_are_measured_alike(measurer):
    """Larger pictures are averaged down: what a pixel of 64 px shows is what four of 128 px show."""
    small = to_images(draw(sample_characters(4, 1)))
    with torch.inference_mode():
        wanted = measurer.readout(small)
        for factor in (2, 4):
            larger = small.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
            torch.testing.assert_close(measurer.readout(larger), wanted, atol=2e-3, rtol=1e-3)
        for side in (4, 16, 32):
            assert measurer.readout(torch.zeros(2, 3, side, side)).shape == wanted[:2].shape


def test_every_second_drawing_is_averaged_down_from_a_larger_one():
    characters = sample_characters(2, 1)
    first, second = draw(characters)
    np.testing.assert_array_equal(first, render(characters[0], INPUT_PX))
    assert np.abs(second.astype(int) - render(characters[1], INPUT_PX)).mean() < 6
    np.testing.assert_array_equal(second, area_average(render(characters[1], 4 * INPUT_PX)[None], INPUT_PX)[0])
