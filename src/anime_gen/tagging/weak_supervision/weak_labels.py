"""Drawn faces as first votes: a store of drawn pictures with exact labels, made once and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from anime_gen.attributes import Vocabulary
from anime_gen.images.faces import Faces
from anime_gen.images.store import FaceStore, write_store
from anime_gen.tagging.targets import Targets, targets_of_labels

SEED = 7_000_000  # apart from the seeds of data sets, so that votes never come from a set's own characters


def weak_faces(folder: Path, count: int, size_px: int) -> Faces:
    """``count`` drawn faces; drawn on the first call, read from ``folder`` afterwards."""
    from anime_gen.drawing import render_many, sample_characters

    place = folder / f"drawn-{count}-{size_px}"
    if not (place / "store.json").is_file():
        write_store(place, np.stack(list(render_many(sample_characters(count, SEED), size_px))))
    return FaceStore(place)


def weak_targets(count: int, vocabulary: Vocabulary, weight: float) -> Targets:
    """Their exact labels, for the attributes that the drawing program knows."""
    from anime_gen.drawing import sample_characters

    return targets_of_labels([c.labels() for c in sample_characters(count, SEED)], vocabulary, weight)
