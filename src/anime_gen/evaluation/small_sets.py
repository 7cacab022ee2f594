"""A generator of a set that is too small to judge it by: samples to look at, and a report that says why it is empty."""

from typing import Any

import numpy as np

from anime_gen.evaluation.characters import latents, paint
from anime_gen.evaluation.config import QualityConfig
from anime_gen.evaluation.generator_quality import FEWEST
from anime_gen.evaluation.pictures.sheets import SHEETS
from anime_gen.evaluation.pictures.strips import draw_grid, draw_note
from anime_gen.stylegan2 import Generator

FIGURES = (
    *("kid", "kid_standard_error", "kid_noise_floor", "kid_noise_floor_standard_error", "kid_centre", "frechet"),
    *("density", "density_data", "density_alarm", "coverage", "coverage_data", "vendi", "vendi_data", "copies_flagged"),
    *("spread_mean", "spread_mean_data", "obedience", "obedience_median", "swap", "eyes_match", "eyes_match_data"),
)
"""Figures of an ordinary report; all of them need unseen faces."""


def too_small(train: int, unseen: int) -> str | None:
    """Why so many faces cannot judge a generator; None when they can."""
    if min(train, unseen) >= FEWEST:
        return None
    return (
        f"not judged: {unseen} unseen and {train} training faces, {FEWEST} of each are needed. "
        "Some 200 pictures in all give every figure"
    )


def unjudged(generator: Generator, config: QualityConfig, reason: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The report with every figure None and its `reason`; samples to look at, and the reason on the other sheets."""
    ws, _ = latents(generator, range(config.grid**2))
    report: dict[str, Any] = dict.fromkeys(FIGURES) | {"spread": {}, "class_distance": {}, "truncation": []}
    sheets = dict.fromkeys(SHEETS, draw_note(reason))
    sheets["samples"] = draw_grid(paint(generator, ws, config.batch), config.grid)
    return report | {"reason": reason}, sheets
