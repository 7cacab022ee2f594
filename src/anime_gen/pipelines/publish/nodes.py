"""Nodes of the publish stage: thin calls into `anime_gen.serving`."""

from pathlib import Path
from typing import Any

import pandas as pd

from anime_gen.evaluation import Measurer
from anime_gen.evaluation.faces import faces_of, read_split
from anime_gen.evaluation.memorisation import shrunk
from anime_gen.evaluation.originality import HELD_OUT, Originals
from anime_gen.evaluation.progress_bar import bar
from anime_gen.images import open_face_store
from anime_gen.serving import Bundle, Registry
from anime_gen.serving.publishing import UNSEEN, PublishConfig, make_card, publish
from anime_gen.tracking import TrackingStore

BUNDLE = "06_models/bundle"
ORIGINALS = "06_models/originals.safetensors"


def note_originals(face_store: dict[str, Any], face_index: pd.DataFrame, data_folder: Path) -> dict[str, Any]:
    """Codes of all training faces, with which the page tells a new face from a copy."""
    faces, splits = open_face_store(face_store, data_folder), face_index["split"].to_numpy()
    train = faces_of(faces, splits, ("train",))
    held_out = read_split(shrunk(faces), splits, UNSEEN, HELD_OUT, seed=0)
    names = face_index["source_name"][splits == "train"].tolist()
    table = Originals.of(train, held_out, names, face_store["source"]["name"], bar)
    if table is None:
        return {"path": None, "faces": 0}
    table.save(data_folder / ORIGINALS)
    return {"path": ORIGINALS, "faces": len(names)}


def write_bundle(
    generator_info: dict[str, Any],
    taggers: dict[str, Any],
    directions_info: dict[str, Any],
    originals_info: dict[str, Any],
    data_card: dict[str, Any],
    generator_report: dict[str, Any],
    tagging_report: dict[str, Any],
    directions_report: dict[str, Any],
    data_folder: Path,
    config: PublishConfig,
) -> dict[str, Any]:
    """Collect networks, card and reports in one checked folder."""
    generator = data_folder / generator_info["path"]
    attributes = directions_info["attributes"]
    card = make_card(generator, generator_info, data_card, generator_report, attributes, config.note)
    reports = {"generator": generator_report, "tagging": tagging_report, "directions": directions_report}
    folder = data_folder / BUNDLE
    critic, sub_models = data_folder / generator_info["discriminator"], data_folder / taggers["folder"]
    parts = generator, critic, sub_models, data_folder / directions_info["path"]
    originals = data_folder / originals_info["path"] if originals_info["path"] else None
    sha256 = Bundle.write(folder, *parts, card, reports, originals)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return {"path": BUNDLE, "sha256": sha256, "bytes": size, "card": card}


def publish_bundle(
    bundle_info: dict[str, Any],
    measurer_report: dict[str, Any],
    face_store: dict[str, Any],
    face_index: pd.DataFrame,
    data_folder: Path,
    tracking_store: TrackingStore,
    config: PublishConfig,
) -> dict[str, Any]:
    """Register the bundle and let it pass the gate."""
    faces = open_face_store(face_store, data_folder).at(bundle_info["card"]["resolution"])
    count = config.gate.faces if config.gate else 0
    return publish(
        data_folder / bundle_info["path"],
        Registry(tracking_store),
        Path(config.shipped) if config.shipped else None,
        read_split(faces, face_index["split"].to_numpy(), UNSEEN, count, seed=0),
        Measurer.load(data_folder / measurer_report["path"]),
        config,
    )
