"""Nodes of the evaluate stage: thin calls into `anime_gen.evaluation`."""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from anime_gen.evaluation.config import QualityConfig
from anime_gen.evaluation.faces import faces_of, read_split
from anime_gen.evaluation.generator_quality import judge_generator as judge
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.pictures.sheets import evidence_sheets
from anime_gen.evaluation.pictures.strips import draw_strips
from anime_gen.evaluation.pictures.traversals import traversal_strips
from anime_gen.evaluation.progress_bar import bar
from anime_gen.evaluation.small_sets import too_small, unjudged
from anime_gen.images import FaceStore
from anime_gen.latent import Directions
from anime_gen.stylegan2 import Generator
from anime_gen.tracking.active import active_tracker

logger = logging.getLogger(__name__)

UNSEEN = ("held_out", "tag_test")
"""Splits the generator never trains on."""


def judge_generator(
    generator: Generator,
    generator_card: Mapping[str, Any],
    measurer: Measurer,
    face_store: FaceStore,
    face_index: pd.DataFrame,
    config: QualityConfig,
) -> dict[str, Any]:
    """Quality, diversity and memorised faces beside their noise floors as `report`; sheets of pictures to look at."""
    faces = face_store.at(generator.config.resolution)
    splits = face_index["split"].to_numpy()
    of_training = {key: generator_card.get(key) for key in ("images_seen", "source")}
    known: dict[str, Any] = {"resolution": generator.config.resolution} | of_training
    reason = too_small(int((splits == "train").sum()), int(np.isin(splits, UNSEEN).sum()))
    if reason is not None:
        logger.warning("the generator is %s", reason)
        figures, sheets = unjudged(generator, config, reason)
        return {"report": known | figures} | sheets
    train, unseen = faces_of(faces, splits, ("train",)), read_split(faces, splits, UNSEEN, config.samples, config.seed)
    figures, evidence = judge(generator, measurer, train, unseen, config, bar)
    report = known | figures
    sheets = evidence_sheets(report, evidence, config)
    for name, sheet in sheets.items():
        active_tracker().log_image(f"evaluate/{name}", sheet, int(generator_card.get("images_seen") or 0))
    return {"report": report} | sheets


def draw_sweeps(
    generator: Generator,
    generator_card: Mapping[str, Any],
    directions: Directions,
    measurer: Measurer,
    config: QualityConfig,
) -> np.ndarray:
    """A labelled strip of pictures for each attribute, from one end to the other, uint8 [height, width, 3]."""
    count, points = config.sweep_characters, config.sweep_points
    strips = traversal_strips(generator, directions, measurer, characters=count, points=points, seed=config.seed)
    sheet = draw_strips(strips)
    active_tracker().log_image("evaluate/sweeps", sheet, int(generator_card.get("images_seen") or 0))
    return sheet
