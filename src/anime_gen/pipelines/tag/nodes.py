"""Nodes of the tag stage: thin calls into ``anime_gen.tagging``."""

from pathlib import Path
from typing import Any

import pandas as pd

from anime_gen.attributes import Vocabulary
from anime_gen.images import FaceStore
from anime_gen.labels.store import LabelStore
from anime_gen.pipelines.train.parameters import TrainParameters
from anime_gen.tagging.classifiers.assembly import assemble
from anime_gen.tagging.classifiers.tag_faces import tag_set
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tagging.classifiers.trained_group import TrainedGroup
from anime_gen.tagging.config import LabelsConfig, SubModelConfig, TaggingConfig, TrainingConfig
from anime_gen.tagging.group_training import GroupTask, train_group
from anime_gen.tracking.active import active_tracker


def train_sub_model(
    face_store: FaceStore,
    face_index: pd.DataFrame,
    label_answers: LabelStore | None,
    before: TrainedGroup | None,
    tagging_work: Path,
    attributes: Vocabulary,
    training: TrainingConfig,
    labels: LabelsConfig,
    sub_model: SubModelConfig,
) -> TrainedGroup:
    """Train, calibrate and test the sub-model of one group; an unchanged one is kept."""
    task = GroupTask(attributes, sub_model, training, labels)
    return train_group(task, face_store, face_index, label_answers, before, tagging_work, active_tracker())


def assemble_tagger(
    attributes: Vocabulary, generator: TrainParameters, *groups: TrainedGroup
) -> tuple[Tagger, dict[str, Any]]:
    """Bind the trained sub-models into one tagger, and their figures into one report.

    Only training without a condition can do without any sub-model.
    """
    return assemble(attributes, groups, needed=generator.root.condition == "tags")


def tag_faces(
    tagger: Tagger, face_store: FaceStore, face_index: pd.DataFrame, tagging_work: Path, tagging: TaggingConfig
) -> pd.DataFrame:
    """Read every attribute of every face, doubtful ones marked; without sub-models only the faces' ids."""
    if not tagger.sub_models:
        return face_index[["id"]].copy()
    return tag_set(tagger, face_store, face_index["id"].to_numpy(), tagger.fingerprint, tagging, tagging_work / "parts")
