"""Nodes of the tag stage: thin calls into ``anime_gen.tagging``."""

from pathlib import Path
from typing import Any

import pandas as pd

from anime_gen.attributes import Vocabulary
from anime_gen.images import open_face_store
from anime_gen.pipelines.train.parameters import TrainParameters
from anime_gen.tagging.classifiers.assembly import assemble
from anime_gen.tagging.classifiers.tag_faces import tag_set
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tagging.config import LabelsConfig, SubModelConfig, TaggingConfig, TrainingConfig
from anime_gen.tagging.group_training import TAGGERS, GroupTask, train_group
from anime_gen.tracking.active import active_tracker

TAG_PARTS = "02_intermediate/tag_parts"


def train_sub_model(
    face_store: dict[str, Any],
    face_index: pd.DataFrame,
    data_folder: Path,
    attributes: Vocabulary,
    training: TrainingConfig,
    labels: LabelsConfig,
    sub_model: SubModelConfig,
) -> dict[str, Any]:
    """Train, calibrate and test the sub-model of one group; an unchanged one is kept."""
    task = GroupTask(attributes, sub_model, training, labels)
    faces = open_face_store(face_store, data_folder)
    return train_group(task, faces, face_index, data_folder, active_tracker())


def assemble_tagger(
    attributes: Vocabulary, data_folder: Path, generator: TrainParameters, *cards: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Bind the trained sub-models into one tagger, and their figures into one report.

    Without any sub-model there is no tagger, which only training without a condition can do without.
    """
    return assemble(attributes, list(cards), data_folder / TAGGERS, TAGGERS, needed=generator.root.condition == "tags")


def tag_faces(
    taggers: dict[str, Any],
    face_store: dict[str, Any],
    face_index: pd.DataFrame,
    data_folder: Path,
    tagging: TaggingConfig,
) -> pd.DataFrame:
    """Read every attribute of every face, doubtful ones marked; without sub-models only the faces' ids."""
    if not taggers["groups"]:
        return face_index[["id"]].copy()
    tagger = Tagger.load(data_folder / taggers["folder"])
    faces = open_face_store(face_store, data_folder)
    ids = face_index["id"].to_numpy()
    return tag_set(tagger, faces, ids, taggers["fingerprint"], tagging, data_folder / TAG_PARTS)
