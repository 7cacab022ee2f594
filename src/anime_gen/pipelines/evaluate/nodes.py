"""Nodes of the evaluate stage: thin calls into `anime_gen.evaluation`."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anime_gen.evaluation import Measurer, QualityConfig
from anime_gen.evaluation import judge_generator as judge
from anime_gen.evaluation.faces import faces_of, read_split
from anime_gen.evaluation.progress_bar import bar
from anime_gen.evaluation.sheets import evidence_sheets, save_png
from anime_gen.evaluation.small_sets import too_small, unjudged
from anime_gen.evaluation.strips import draw_grid, draw_strips
from anime_gen.evaluation.traversals import traversal_strips
from anime_gen.images import open_face_store
from anime_gen.latent import Directions
from anime_gen.stylegan2 import load_generator
from anime_gen.tracking.active import active_tracker

logger = logging.getLogger(__name__)

REPORTS = "08_reporting"
UNSEEN = ("held_out", "tag_test")
"""Splits the generator never trains on."""


def judge_generator(
    generator_info: dict[str, Any],
    measurer_report: dict[str, Any],
    face_store: dict[str, Any],
    face_index: pd.DataFrame,
    data_folder: Path,
    config: QualityConfig,
) -> dict[str, Any]:
    """Quality, diversity and memorised faces beside their noise floors; sheets of pictures to look at."""
    generator = load_generator(data_folder / generator_info["path"])
    faces = open_face_store(face_store, data_folder).at(generator.config.resolution)
    splits = face_index["split"].to_numpy()
    known = {key: generator_info.get(key) for key in ("images_seen", "source")}
    reason = too_small(int((splits == "train").sum()), int(np.isin(splits, UNSEEN).sum()))
    if reason is not None:
        logger.warning("the generator is %s", reason)
        empty, samples = unjudged(generator, config, reason)
        save_png(draw_grid(samples, config.grid), data_folder / REPORTS / "samples.png")
        return {"resolution": generator.config.resolution} | known | empty
    figures, evidence = judge(
        generator,
        Measurer.load(data_folder / measurer_report["path"]),
        faces_of(faces, splits, ("train",)),
        read_split(faces, splits, UNSEEN, config.samples, config.seed),
        config,
        bar,
    )
    report = {"resolution": generator.config.resolution} | known | figures
    for name, sheet in evidence_sheets(report, evidence, config).items():
        save_png(sheet, data_folder / REPORTS / f"{name}.png")
        active_tracker().log_image(f"evaluate/{name}", sheet, int(generator_info.get("images_seen") or 0))
    return report


def draw_sweeps(
    generator_info: dict[str, Any],
    directions_info: dict[str, Any],
    measurer_report: dict[str, Any],
    data_folder: Path,
    config: QualityConfig,
) -> dict[str, Any]:
    """A labelled strip of pictures for each attribute, from one end to the other."""
    strips = traversal_strips(
        load_generator(data_folder / generator_info["path"]),
        Directions.load(data_folder / directions_info["path"]),
        Measurer.load(data_folder / measurer_report["path"]),
        characters=config.sweep_characters,
        points=config.sweep_points,
        seed=config.seed,
    )
    sheet = draw_strips(strips)
    save_png(sheet, data_folder / REPORTS / "sweeps.png")
    active_tracker().log_image("evaluate/sweeps", sheet, int(generator_info.get("images_seen") or 0))
    return {"path": f"{REPORTS}/sweeps.png", "rows": [strip.title for strip in strips]}
