"""Nodes of the directions stage: thin calls into `anime_gen.latent` and `anime_gen.evaluation`."""

import time
from collections.abc import Mapping
from typing import Any

from anime_gen.evaluation.config import EditConfig, MeasurerConfig
from anime_gen.evaluation.edits.quality import judge_edits as judge
from anime_gen.evaluation.edits.summary import summarise_edits
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.measurer_training import ensure_measurer
from anime_gen.evaluation.pictures.plots import plot_leakage
from anime_gen.evaluation.progress_bar import bar
from anime_gen.latent import DirectionConfig, Directions
from anime_gen.latent import fit_directions as fit
from anime_gen.stylegan2 import Generator
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tracking.active import active_tracker


def train_measurer(before: Measurer | None, config: MeasurerConfig) -> tuple[Measurer, dict[str, Any]]:
    """The measurer, of whatever generator, and its errors; the shipped one or an unchanged one is kept."""
    measurer = ensure_measurer(config, before, bar)
    return measurer, measurer.card


def fit_directions(generator: Generator, tagger: Tagger, config: DirectionConfig) -> Directions:
    """A direction for each attribute, from the taggers' reading of generated faces."""
    return fit(generator, tagger, config, bar)


def judge_edits(
    generator: Generator,
    generator_card: Mapping[str, Any],
    tagger: Tagger,
    directions: Directions,
    measurer: Measurer,
    config: EditConfig,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures of every direction by the measurer, and what they come to for each method."""
    start = time.monotonic()
    report = judge(generator, tagger, directions, measurer, config, bar)
    seen = int(generator_card.get("images_seen") or 0)
    active_tracker().log_image("directions/leakage", plot_leakage(report), seen)
    return report, summarise_edits(report) | {"seconds": round(time.monotonic() - start, 2)}
