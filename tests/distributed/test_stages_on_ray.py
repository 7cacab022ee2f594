"""Stages that read many pictures give the same bytes on a Ray cluster as in this process."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from anime_gen.distributed import Engine
from anime_gen.distributed.ray_cluster import connected
from anime_gen.drawing import render_many, sample_characters
from anime_gen.images import FacesConfig, SourceConfig, write_store
from anime_gen.images.filling import fill_store
from anime_gen.images.ingest import ingest
from anime_gen.images.ledger import Ledger
from anime_gen.images.outcome import Ingested
from anime_gen.images.store import ShardWriter
from anime_gen.latent import DirectionConfig
from anime_gen.latent.protocols import silent
from anime_gen.latent.sampling import Samples, sample_faces
from anime_gen.stylegan2 import load_generator
from anime_gen.tagging.classifiers.tag_faces import tag_set
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tagging.config import TaggingConfig
from tests.images.pictures import ATTRIBUTES, hostile, write_faces
from tests.images.test_filling import DeadlyWork

SHIPPED = Path(__file__).parents[2] / "data" / "06_models" / "shipped"


@pytest.fixture(autouse=True, scope="module")
def cluster() -> Iterator[None]:
    with connected():
        yield


def test_ingest_leaves_the_same_files(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", range(150), 32)
    for name, (data, _) in hostile().items():
        (tmp_path / "in" / name).write_bytes(data)

    def ingested(engine: Engine) -> tuple[Ingested, dict[str, bytes]]:
        faces = FacesConfig(resolution_px=32, workers=0, engine=engine)
        source = SourceConfig(kind="folder", path=str(tmp_path / "in"))
        done = ingest(source, faces, ATTRIBUTES, tmp_path / engine)
        kept = ("shards/00000.u8", "rows.i64", "store.json", "results.parquet", "index.parquet", "rejects.jsonl")
        return done, {name: (done.face_store.place / name).read_bytes() for name in kept}

    (here, files), (there, others) = ingested("processes"), ingested("ray")
    assert files == others
    assert here.report["decoded"] == there.report["decoded"] >= 150


def test_a_picture_that_ends_its_process_there_is_found_here(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ShardWriter(tmp_path, 16).reserve(12)
    works = [DeadlyWork(list(range(first, first + 4)), frozenset({5})) for first in (0, 4, 8)]
    settled: list[int] = []
    fill_store(iter(works), FacesConfig(resolution_px=16, workers=1, engine="ray"), tmp_path, settled.append)
    results = Ledger(tmp_path).settle().to_pylist()
    assert [row["slot"] for row in results if row["reason"] == "crash"] == [5]
    assert sum(settled) == len(results) == 12
    assert "this machine goes on alone" in caplog.text


def test_tags_are_the_same(tmp_path: Path) -> None:
    store = write_store(tmp_path / "store", np.stack(list(render_many(sample_characters(20, 3), 64, workers=1))))
    tagger = Tagger.load(SHIPPED / "taggers")

    def tags(engine: Engine) -> bytes:
        config = TaggingConfig(batch=4, chunk=8, engine=engine)
        table = tag_set(tagger, store, np.arange(20).astype(str), "f", config, tmp_path / engine)
        return bytes(table.to_parquet())

    assert tags("ray") == tags("processes")


def test_generated_faces_are_read_the_same() -> None:
    generator, tagger = load_generator(SHIPPED / "generator.safetensors"), Tagger.load(SHIPPED / "taggers")

    def samples(engine: Engine) -> Samples:
        return sample_faces(generator, tagger, DirectionConfig(samples=16, batch=6, rank=8, engine=engine), silent)

    here, there = samples("processes"), samples("ray")
    assert torch.equal(here.coordinates, there.coordinates)
    assert torch.equal(here.readout, there.readout)
    for name in here.trusted:
        assert torch.equal(here.trusted[name], there.trusted[name])
        assert torch.equal(here.confidence[name], there.confidence[name])
