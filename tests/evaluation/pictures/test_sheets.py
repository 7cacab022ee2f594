from types import SimpleNamespace

import numpy as np
import pytest

from anime_gen.evaluation.config import QualityConfig
from anime_gen.evaluation.pictures import sheets
from anime_gen.images.faces import ArrayFaces


def greys(*values: int) -> np.ndarray:
    """One face of each grey."""
    return np.full((len(values), 8, 8, 3), 1, np.uint8) * np.array(values, np.uint8)[:, None, None, None]


def evidence(distance: list[float]) -> SimpleNamespace:
    nearest = np.arange(len(distance))[::-1].copy()
    found = SimpleNamespace(distance=np.array(distance), nearest=nearest, threshold=0.25)
    samples = greys(*range(10, 10 + len(distance)))
    return SimpleNamespace(samples=samples, held_out=samples + 50, train=ArrayFaces(samples + 100), memorisation=found)


def test_the_eight_closest_samples_stand_above_their_nearest_training_faces(monkeypatch: pytest.MonkeyPatch):
    shown = []
    monkeypatch.setattr(sheets, "draw_strips", shown.extend)
    sheets.nearest_pairs(evidence([0.9, 0.1, 0.3, 0.8, 0.7, 0.6, 0.5, 0.4, 0.2]))
    above, below = shown
    assert above.title == "sample"
    assert above.pictures[:, 0, 0, 0].tolist() == [11, 18, 12, 17, 16, 15, 14, 13]
    assert list(above.captions[:2]) == ["0.10 / 0.25", "0.20 / 0.25"]
    assert below.title == "nearest in training"
    assert below.pictures[:, 0, 0, 0].tolist() == [117, 110, 116, 111, 112, 113, 114, 115]
    assert list(below.captions) == [""] * 8


def test_every_sheet_of_a_report_is_made():
    report = {"truncation": [], "spread": {"smile": 0.5}, "vendi_data": 1.0, "kid_noise_floor": 0.0}
    made = sheets.evidence_sheets(report, evidence([0.1] * 9), QualityConfig(grid=2))
    assert tuple(made) == sheets.SHEETS
    assert made["samples"].shape == made["held_out"].shape == (192, 192, 3)
    assert [int(made["samples"][y, x, 0]) for y in (9, 100) for x in (9, 100)] == [10, 11, 12, 13]
    assert int(made["held_out"][9, 9, 0]) == 60
