import json
from pathlib import Path

import numpy as np
import pytest
import torch

from anime_gen.drawing import render_many, sample_characters
from anime_gen.evaluation import Measurer, MeasurerConfig, ensure_measurer, extract
from anime_gen.evaluation.features import RandomConvolutions, to_images, to_pictures
from anime_gen.evaluation.measurer import drawn_vocabulary
from anime_gen.evaluation.measurer_training import MIRRORED, content_key, encode, train_measurer
from anime_gen.latent.readings import column_slices

CONFIG = MeasurerConfig(pictures=160, test_pictures=32, epochs=10, batch=32, learning_rate=6e-3)


@pytest.fixture(scope="module")
def measurer() -> Measurer:
    return train_measurer(CONFIG, 16)


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


def test_an_unchanged_measurer_is_kept_and_another_seed_is_not(tmp_path: Path):
    tiny = MeasurerConfig(pictures=64, test_pictures=32, epochs=1, batch=32)
    path = tmp_path / "measurer.safetensors"
    first = ensure_measurer(path, tiny, 16)
    written = path.stat().st_mtime_ns
    assert ensure_measurer(path, tiny, 16).card == first.card
    assert path.stat().st_mtime_ns == written
    assert content_key(tiny, 16) != content_key(tiny.model_copy(update={"seed": 1}), 16)
    path.write_bytes(b"damaged")
    assert ensure_measurer(path, tiny, 16).card["key"] == first.card["key"]


def test_features_are_standard_on_drawn_faces_with_halves_of_equal_weight(measurer):
    faces = np.stack(list(render_many(sample_characters(160, CONFIG.seed, split="independent"), 16, workers=1)))
    features = extract(measurer, faces)
    known = measurer.hidden.out_features
    spread = features.var(0)
    assert np.abs(features.mean(0)).max() < 0.1
    assert spread[:known].sum() == pytest.approx(spread[known:].sum(), rel=0.2)


def test_random_features_are_the_same_on_every_machine():
    network = RandomConvolutions()
    value = network(torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32))
    torch.testing.assert_close(value, RandomConvolutions()(torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)))
    assert value.shape == (1, network.size)
    assert float(network.weight0[0, 0, 0, 0]) == pytest.approx(float(RandomConvolutions().weight0[0, 0, 0, 0]))


def test_truth_is_encoded_by_kind_and_hidden_truth_is_nan():
    vocabulary = drawn_vocabulary()
    characters = sample_characters(20, 3, split="independent")
    targets = encode(characters, vocabulary)
    where = column_slices(vocabulary.columns)
    for row, character in zip(targets, characters, strict=True):
        labels = character.labels()
        assert float(row[where["smile"]]) == pytest.approx(labels["smile"], abs=1e-6)
        assert bool(row[where["glasses_size"]].isnan()) == (labels["glasses_size"] is None)
        assert float(row[where["hair_style"]].sum()) == 1.0
        if labels["hair_hue"] is not None:
            assert float(row[where["hair_hue"]].norm()) == pytest.approx(1.0, abs=1e-5)


def test_mirrored_attributes_are_symmetric_ranges():
    vocabulary = drawn_vocabulary()
    assert all(vocabulary[name].low == -vocabulary[name].high for name in MIRRORED)


def test_pictures_survive_the_way_to_tensors_and_back():
    pictures = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(to_pictures(to_images(pictures)), pictures)
    assert to_pictures(torch.full((1, 3, 4, 4), 7.0)).max() == 255


@pytest.mark.parametrize("resolution", [4, 8, 16, 32, 64, 128])
def test_every_resolution_can_be_measured(resolution):
    network = Measurer(resolution, drawn_vocabulary(), width=0.25).eval()
    with torch.inference_mode():
        assert network.readout(torch.zeros(2, 3, resolution, resolution)).shape == (2, len(network.columns))
