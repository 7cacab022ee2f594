"""Node of the train stage: a thin call into `anime_gen.stylegan2`."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from anime_gen.attributes import Vocabulary
from anime_gen.images import open_face_store
from anime_gen.pipelines.train.parameters import TrainParameters
from anime_gen.stylegan2.training.interruption import TrainingInterruptedError
from anime_gen.stylegan2.training.tag_set import TagSet
from anime_gen.stylegan2.training.trainer import train
from anime_gen.tagging.classifiers.soft_tags import training_tags
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tracking.active import active_tracker

RUNS = "06_models/training"
GENERATOR = "06_models/generator.safetensors"
DISCRIMINATOR = "06_models/discriminator.safetensors"
SAMPLES = "08_reporting/generator_samples.png"


def train_generator(
    face_store: dict[str, Any],
    face_index: pd.DataFrame,
    tags: pd.DataFrame,
    taggers: dict[str, Any],
    attributes: Vocabulary,
    data_folder: Path,
    parameters: TrainParameters,
) -> dict[str, Any]:
    """Train the generator on the faces of the split `train` and their tags, or continue its own interrupted run."""
    config = parameters.root
    faces = open_face_store(face_store, data_folder)
    rows = np.flatnonzero((face_index["split"] == "train").to_numpy())
    tag_set: TagSet | None = None
    if taggers["groups"]:
        tagger = Tagger.load(data_folder / taggers["folder"])
        index, table = face_index.iloc[rows], tags.iloc[rows]
        tag_set = training_tags(attributes, tagger, taggers["fingerprint"], index, table, config.tags.left_out)
    try:
        result = train(config, faces, data_folder / RUNS, active_tracker(), rows, tags=tag_set)
    except TrainingInterruptedError as interruption:
        print(interruption)
        raise SystemExit(interruption.exit_code) from interruption
    shutil.copyfile(result.generator_path, data_folder / GENERATOR)
    shutil.copyfile(result.discriminator_path, data_folder / DISCRIMINATOR)
    (data_folder / SAMPLES).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(result.newest_samples, data_folder / SAMPLES)
    return {
        "path": GENERATOR,
        "discriminator": DISCRIMINATOR,
        "samples": SAMPLES,
        "run": str(result.run_folder.relative_to(data_folder)),
        "resolution": result.resolution,
        "images_seen": result.images_seen,
        "seconds": round(result.seconds, 1),
        "pictures": len(rows),
        "source": face_store.get("source"),
        "data_fingerprint": faces.fingerprint,
    }
