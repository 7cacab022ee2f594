"""Nodes of the publish stage: thin calls into `anime_gen.serving`."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from anime_gen.evaluation.distances.memorisation import shrunk
from anime_gen.evaluation.faces import faces_of, read_split
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.originality import HELD_OUT, Originals
from anime_gen.evaluation.progress_bar import bar
from anime_gen.images import FaceStore
from anime_gen.latent import Directions
from anime_gen.paths import user_path
from anime_gen.serving import Bundle, Registry
from anime_gen.serving.bundle import BundleParts
from anime_gen.serving.publishing import UNSEEN, PublishConfig, make_card, publish
from anime_gen.stylegan2 import Discriminator, Generator
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tracking import TrackingStore


def write_bundle(
    generator: Generator,
    discriminator: Discriminator,
    tagger: Tagger,
    directions: Directions,
    generator_card: Mapping[str, Any],
    data_card: Mapping[str, Any],
    generator_report: Mapping[str, Any],
    tagging_report: Mapping[str, Any],
    directions_report: Mapping[str, Any],
    face_store: FaceStore,
    face_index: pd.DataFrame,
    config: PublishConfig,
) -> BundleParts:
    """Collect networks, card, reports, and codes of all training faces that tell a new face from a copy."""
    attributes = directions.attributes
    card = make_card(generator.card, generator_card, data_card, generator_report, attributes, config.note)
    reports = {"generator": generator_report, "tagging": tagging_report, "directions": directions_report}
    splits = face_index["split"].to_numpy()
    train, names = faces_of(face_store, splits, ("train",)), face_index["source_name"][splits == "train"].tolist()
    held_out = read_split(shrunk(face_store), splits, UNSEEN, HELD_OUT, seed=0)
    originals = Originals.of(train, held_out, names, face_store.source.get("name", ""), bar)
    return BundleParts(generator, discriminator, tagger, directions, card, reports, originals)


def publish_bundle(
    bundle: Bundle,
    measurer: Measurer,
    face_store: FaceStore,
    face_index: pd.DataFrame,
    tracking_store: TrackingStore,
    config: PublishConfig,
) -> dict[str, Any]:
    """Register the bundle and let it pass the gate."""
    faces = face_store.at(bundle.generator.config.resolution)
    count = config.gate.faces if config.gate else 0
    held_out = read_split(faces, face_index["split"].to_numpy(), UNSEEN, count, seed=0)
    shipped = user_path(config.shipped) if config.shipped else None
    return publish(bundle, Registry(tracking_store), shipped, held_out, measurer, config)
