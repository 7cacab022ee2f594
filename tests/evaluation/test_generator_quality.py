"""Whole reports on generators whose quality is known: the drawing program, a copier, one face, noise."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from anime_gen.drawing import render_many, sample_characters
from anime_gen.evaluation.config import MeasurerConfig, QualityConfig
from anime_gen.evaluation.distances.features import to_images
from anime_gen.evaluation.generator_quality import judge_generator
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.measurer_training import train_measurer
from anime_gen.images import ArrayFaces

SIDE = 16
CONFIG = QualityConfig(samples=120, truncations=[1.0], truncation_samples=40)


class Turns:
    """Number of the picture to show, in place of a latent."""

    def __init__(self, count: int) -> None:
        self.count, self.w_avg, self.tags = count, torch.zeros(1), None

    def __call__(self, z: torch.Tensor, psi: float = 1.0, tags: None = None) -> torch.Tensor:
        return torch.arange(len(z), dtype=torch.float32).remainder(self.count).reshape(-1, 1, 1)


class Playback:
    """A "generator" that shows given pictures in turn."""

    def __init__(self, pictures: np.ndarray) -> None:
        self.images = to_images(pictures)
        self.config = SimpleNamespace(z_dim=2, w_dim=1, resolution=SIDE)
        self.mapping, self.num_ws = Turns(len(pictures)), 1

    def synthesis(self, ws: torch.Tensor) -> torch.Tensor:
        return self.images[ws[:, 0, 0].long()]


def drawn(count: int, start: int) -> np.ndarray:
    return np.stack(list(render_many(sample_characters(count, 9, start=start), SIDE, workers=1)))


@pytest.fixture(scope="module")
def faces() -> dict[str, np.ndarray]:
    pictures = drawn(390, 0)
    noise = np.random.default_rng(0).integers(0, 256, (40, SIDE, SIDE, 3), dtype=np.uint8)
    return {"train": pictures[:150], "held_out": pictures[150:270], "fresh": pictures[270:], "noise": noise}


@pytest.fixture(scope="module")
def measurer() -> Measurer:
    return train_measurer(MeasurerConfig(pictures=96, test_pictures=32, epochs=4, cycles=1, batch=32, width=8))


def judged(faces: dict[str, np.ndarray], measurer: Measurer, pictures: np.ndarray) -> dict:
    return judge_generator(Playback(pictures), measurer, ArrayFaces(faces["train"]), faces["held_out"], CONFIG)[0]


def test_the_drawing_program_itself_is_at_the_noise_floor(faces, measurer):
    report = judged(faces, measurer, faces["fresh"])
    error = report["kid_standard_error"] + report["kid_noise_floor_standard_error"]
    assert abs(report["kid"] - report["kid_noise_floor"]) < 4 * error
    assert report["coverage"] > 0.85
    assert report["vendi"] == pytest.approx(report["vendi_data"], rel=0.2)
    assert not report["copying"]


def test_a_copier_is_accused_though_its_distance_is_perfect(faces, measurer):
    report = judged(faces, measurer, faces["train"])
    assert report["copying"]
    assert report["copies_flagged"] > 100
    assert report["coverage"] > 0.8


def test_one_face_again_and_again_is_not_diverse(faces, measurer):
    report = judged(faces, measurer, faces["fresh"][:1])
    assert report["vendi"] == pytest.approx(1.0, abs=1e-6)
    assert report["coverage"] < 0.2
    assert report["spread_mean"] < 0.01


def test_a_set_that_shrank_is_seen_by_its_spread_and_its_density(faces, measurer):
    """Every face mixed half and half with the mean face: each picture is nearer to the middle of the data."""
    whole = judged(faces, measurer, faces["fresh"])
    middle = faces["fresh"].mean(axis=0)
    shrunk = judged(faces, measurer, (faces["fresh"] * 0.5 + middle * 0.5).round().astype(np.uint8))
    assert shrunk["spread_mean"] < whole["spread_mean"] - 3 * whole["spread_mean_standard_error"]
    assert whole["spread_mean"] > 0.8
    assert shrunk["density"] > whole["density"]
    assert not whole["density_alarm"]


def test_an_unconditional_generator_has_no_obedience(faces, measurer):
    report = judged(faces, measurer, faces["fresh"])
    assert (report["obedience"], report["obedience_median"], report["swap"]) == (None, None, None)


def test_noise_is_far_away(faces, measurer):
    noise, fresh = judged(faces, measurer, faces["noise"]), judged(faces, measurer, faces["fresh"])
    assert noise["kid"] > 10 * abs(fresh["kid"])
    assert noise["density"] < 0.1
    assert noise["marginal_distance"] > fresh["marginal_distance"]


def test_too_few_held_out_faces_is_said(faces, measurer):
    with pytest.raises(ValueError, match="Ingest more"):
        judge_generator(Playback(faces["fresh"]), measurer, ArrayFaces(faces["train"]), faces["held_out"][:3], CONFIG)
