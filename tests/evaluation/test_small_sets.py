import numpy as np

from anime_gen.evaluation.config import QualityConfig
from anime_gen.evaluation.pictures.sheets import SHEETS
from anime_gen.evaluation.small_sets import FIGURES, too_small, unjudged
from anime_gen.stylegan2 import Generator
from tests.stylegan2.conftest import tiny_config


def test_twenty_faces_of_each_are_enough():
    assert too_small(20, 20) is None
    assert too_small(19, 20).startswith("not judged: 20 unseen and 19 training faces, 20 of each are needed")
    assert too_small(20, 19).startswith("not judged: 19 unseen and 20 training faces")


def test_an_unjudged_generator_shows_samples_and_says_why_there_is_no_more():
    report, sheets = unjudged(Generator(tiny_config().network), QualityConfig(grid=2), "too few")
    assert report["reason"] == "too few"
    assert all(report[name] is None for name in FIGURES)
    assert (report["spread"], report["class_distance"], report["truncation"]) == ({}, {}, [])
    assert tuple(sheets) == SHEETS
    assert sheets["samples"].shape == (192, 192, 3)
    assert (sheets["samples"] < 250).mean() > 0.5
    note = sheets["truncation"]
    assert note.min() < 100 < 250 < np.median(note)
