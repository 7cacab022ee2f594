"""Nodes of the directions stage: thin calls into `anime_gen.latent` and `anime_gen.evaluation`."""

import time
from pathlib import Path
from typing import Any

from anime_gen.evaluation import EditConfig, Measurer, MeasurerConfig, ensure_measurer
from anime_gen.evaluation import judge_edits as judge
from anime_gen.evaluation.edit_summary import summarise_edits
from anime_gen.evaluation.plots import plot_leakage
from anime_gen.evaluation.progress_bar import bar
from anime_gen.latent import DirectionConfig, Directions
from anime_gen.latent import fit_directions as fit
from anime_gen.stylegan2 import load_generator
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tracking.active import active_tracker

DIRECTIONS = "06_models/directions.safetensors"
MEASURER = "06_models/measurer.safetensors"


def train_measurer(data_folder: Path, config: MeasurerConfig) -> dict[str, Any]:
    """The measurer, of whatever generator; the shipped one or an unchanged one is kept."""
    measurer = ensure_measurer(data_folder / MEASURER, config, bar)
    return {"path": MEASURER} | measurer.card


def fit_directions(
    generator_info: dict[str, Any], taggers: dict[str, Any], data_folder: Path, config: DirectionConfig
) -> dict[str, Any]:
    """A direction for each attribute, from the taggers' reading of generated faces."""
    start = time.monotonic()
    generator = load_generator(data_folder / generator_info["path"])
    tagger = Tagger.load(data_folder / taggers["folder"])
    directions = fit(generator, tagger, config, bar)
    directions.save(data_folder / DIRECTIONS)
    return {
        "path": DIRECTIONS,
        "attributes": directions.attributes,
        "first_layer": directions.first_layer,
        "reach_by_taggers": directions.reach,
        "calibration": directions.calibration,
        "seconds": round(time.monotonic() - start, 2),
    }


def judge_edits(
    generator_info: dict[str, Any],
    taggers: dict[str, Any],
    directions_info: dict[str, Any],
    measurer_report: dict[str, Any],
    data_folder: Path,
    config: EditConfig,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures of every direction by the measurer, and what they come to for each method."""
    start = time.monotonic()
    report = judge(
        load_generator(data_folder / generator_info["path"]),
        Tagger.load(data_folder / taggers["folder"]),
        Directions.load(data_folder / directions_info["path"]),
        Measurer.load(data_folder / measurer_report["path"]),
        config,
        bar,
    )
    seen = int(generator_info.get("images_seen") or 0)
    active_tracker().log_image("directions/leakage", plot_leakage(report), seen)
    return report, summarise_edits(report) | {"seconds": round(time.monotonic() - start, 2)}
