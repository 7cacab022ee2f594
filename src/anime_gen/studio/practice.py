"""Faces of the model itself, on which the Label page can be tried before anything was ingested."""

import shutil
from pathlib import Path

import pandas as pd

from anime_gen.images import save_card, write_store
from anime_gen.serving.gate import sample
from anime_gen.stylegan2 import Generator

PRACTICE = "practice"  # below the data folder, apart from everything that a pipeline reads
PRACTICE_FACES = 200
FIRST_SEED = 50_000


def has_faces(folder: Path) -> bool:
    """Whether a folder holds faces to label."""
    return (folder / "02_intermediate" / "face_store.json").is_file()


def make_practice(generator: Generator, folder: Path, count: int = PRACTICE_FACES) -> None:
    """Paint `count` faces into `folder` as ingest would leave them; the folder appears when it is complete."""
    pictures = sample(generator, count, generator.config.resolution, FIRST_SEED)
    making = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(making, ignore_errors=True)
    place = making / "02_intermediate"
    store = write_store(place / "faces", pictures)
    names = [f"model/{number}" for number in range(FIRST_SEED, FIRST_SEED + count)]
    pd.DataFrame({"id": names, "source_name": names}).to_parquet(place / "face_index.parquet")
    save_card(store, place / "face_store.json")
    shutil.rmtree(folder, ignore_errors=True)
    making.rename(folder)
