"""Node of the train stage: a thin call into `anime_gen.stylegan2`."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from anime_gen.attributes import Vocabulary
from anime_gen.images import FaceStore
from anime_gen.pipelines.train.parameters import TrainParameters
from anime_gen.stylegan2 import Discriminator, Generator, load_discriminator, load_generator
from anime_gen.stylegan2.training.interruption import TrainingInterruptedError
from anime_gen.stylegan2.training.trainer import train
from anime_gen.tagging.classifiers.soft_tags import training_tags
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tracking.active import active_tracker


def train_generator(
    face_store: FaceStore,
    face_index: pd.DataFrame,
    tags: pd.DataFrame,
    tagger: Tagger,
    attributes: Vocabulary,
    training_runs: Path,
    parameters: TrainParameters,
) -> tuple[Generator, Discriminator, dict[str, Any], np.ndarray]:
    """Train the generator on the faces of the split `train` and their tags, or continue its own interrupted run.

    The run keeps its checkpoints in `training_runs`, under the fingerprint of its settings.
    """
    config = parameters.root
    rows = np.flatnonzero((face_index["split"] == "train").to_numpy())
    index, table = face_index.iloc[rows], tags.iloc[rows]
    taught = tagger.sub_models and (config.condition == "tags" or config.tags.quantiles > 0)
    tag_set = training_tags(attributes, tagger, index, table, config.tags.left_out) if taught else None
    try:
        result = train(config, face_store, training_runs, active_tracker(), rows, tags=tag_set)
    except TrainingInterruptedError as interruption:
        print(interruption)
        raise SystemExit(interruption.exit_code) from interruption
    card = {
        "run": result.run_folder.name,
        "resolution": result.resolution,
        "images_seen": result.images_seen,
        "seconds": round(result.seconds, 1),
        "pictures": len(rows),
        "source": face_store.source,
        "data_fingerprint": face_store.fingerprint,
    }
    samples = np.asarray(Image.open(result.newest_samples))
    return load_generator(result.generator_path), load_discriminator(result.discriminator_path), card, samples
