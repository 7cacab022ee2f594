import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import fsspec
import numpy as np
import pytest
import requests
from s3fs import S3FileSystem

from anime_gen.attributes import Vocabulary
from anime_gen.images import FaceStore, open_face_store, save_card, write_store
from anime_gen.images import store as store_module
from anime_gen.images.remote import RemoteStore
from anime_gen.images.store import publish_remotely
from anime_gen.tagging.active_learning.labelling_session import LabellingSession
from tests.images.pictures import ATTRIBUTES, face, write_faces
from tests.images.s3 import BUCKET, s3_server
from tests.images.test_ingest import ingested
from tests.images.test_store import noise


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with s3_server(monkeypatch) as address:
        yield address


def published(folder: Path, count: int, fetched: Path, address: str = f"s3://{BUCKET}/set") -> RemoteStore:
    """A store of `count` pictures in `folder`, two to a shard, and its copy."""
    remote = RemoteStore(address, fetched)
    write_store(folder, noise(count))
    publish_remotely(folder, remote, lambda shards: None)
    return remote


@pytest.fixture(autouse=True)
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "SHARD_BYTES", 2 * 8 * 8 * 3)


@pytest.mark.parametrize("protocol", ["s3", "file"])
def test_another_machine_reads_what_was_published(protocol: str, server: str, tmp_path: Path) -> None:
    address = f"s3://{BUCKET}/set" if protocol == "s3" else f"file://{tmp_path}/elsewhere/set"
    published(tmp_path / "store", 5, tmp_path / "here", address)
    there = FaceStore(RemoteStore(address, tmp_path / "there"))
    assert (there.read(np.array([4, 0, 3, 0])) == noise(5)[[4, 0, 3, 0]]).all()
    assert (there.at(4).read(np.arange(5)) == FaceStore(tmp_path / "store").at(4).read(np.arange(5))).all()
    assert there.fingerprint == FaceStore(tmp_path / "store").fingerprint


def test_only_shards_that_are_read_are_fetched_and_the_publisher_fetches_none(server: str, tmp_path: Path) -> None:
    remote = published(tmp_path / "store", 5, tmp_path / "here")
    FaceStore(RemoteStore(remote.address, tmp_path / "there")).read(np.array([2]))
    assert [path.name[:5] for path in sorted((tmp_path / "there").glob("*.u8"))] == ["00001"]
    shard = next((tmp_path / "here").glob("00001-*.u8"))
    assert os.path.samefile(shard, tmp_path / "store" / "shards" / "00001.u8")


def test_what_somebody_reads_stays_readable_when_faces_are_added(server: str, tmp_path: Path) -> None:
    before = FaceStore(RemoteStore(published(tmp_path / "store", 3, tmp_path / "here").address, tmp_path / "there"))
    after = FaceStore(published(tmp_path / "store", 5, tmp_path / "here"))
    assert (before.read(np.arange(3)) == noise(5)[:3]).all()
    assert (after.read(np.arange(5)) == noise(5)).all()
    sent = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    shards = sorted(entry["Key"][4:9] for entry in sent if entry["Key"].endswith(".u8"))
    assert shards == ["00000", "00001", "00001", "00002"]  # the whole first shard was sent once


def test_a_card_names_the_address_wherever_the_project_is_moved(server: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    remote = published(data / "02_intermediate" / "faces" / "set", 4, data / "02_intermediate" / "faces" / "fetched")
    save_card(FaceStore(remote, {"kind": "drawn"}), data / "02_intermediate" / "face_store.json")
    data.rename(tmp_path / "moved")
    moved = open_face_store(tmp_path / "moved" / "02_intermediate" / "face_store.json")
    assert moved.place == RemoteStore(remote.address, tmp_path / "moved/02_intermediate/faces/fetched")
    assert (moved.read(np.arange(4)) == noise(4)).all()


def refused(address: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        RemoteStore(address, Path("nowhere")).check()
    assert str(caught.value).startswith(f"{address} ")
    assert "\n" not in str(caught.value)


def test_a_bucket_that_is_not_there_is_named(server: str) -> None:
    refused("s3://nobodys/set", "cannot be used .*bucket does not exist")


def test_wrong_credentials_are_said_to_be_refused(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    requests.post(f"{server}/moto-api/reset-auth", data="0")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a stranger")
    S3FileSystem.clear_instance_cache()
    refused(f"s3://{BUCKET}/set", "cannot be used .*credentials")


def test_a_server_that_does_not_answer_is_named(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    S3FileSystem.clear_instance_cache()
    refused(f"s3://{BUCKET}/set", "cannot be used .*127.0.0.1:9")


def test_a_missing_package_is_named() -> None:
    fsspec.register_implementation("s4", "no_such_package.Files", errtxt="Install s4fs")
    refused("s4://faces/set", r"needs a package that is not installed \(Install s4fs\).*anime_gen\[s3\]")


def test_ingested_faces_are_read_at_the_address_by_a_machine_that_has_none(server: str, tmp_path: Path) -> None:
    write_faces(tmp_path / "in", range(5), 32)
    stores = tmp_path / "data" / "02_intermediate" / "faces"
    here = ingested(tmp_path / "in", stores)
    done = ingested(tmp_path / "in", stores, store=f"s3://{BUCKET}/all/")
    assert done.report["decoded"] == 0
    card = stores.with_name("face_store.json")
    save_card(done.face_store, card)
    done.index.to_parquet(stores.with_name("face_index.parquet"))
    shutil.rmtree(stores)
    session = LabellingSession.open(tmp_path / "data", Vocabulary.parse(ATTRIBUTES))
    assert isinstance(session.faces, FaceStore)
    assert session.faces.place.address == f"s3://{BUCKET}/all/{here.face_store.place.name}"
    for number, name in enumerate(done.index["id"]):
        assert (session.picture(name) == np.asarray(face(number, 32))).all()


def test_a_store_that_cannot_be_written_stops_the_run_before_anything_is_decoded(server: str, tmp_path: Path) -> None:
    write_faces(tmp_path / "in", range(5), 32)
    with pytest.raises(ValueError, match=r"^s3://nobodys/all/.* cannot be used"):
        ingested(tmp_path / "in", tmp_path / "faces", store="s3://nobodys/all")
    assert not list((tmp_path / "faces").glob("*/shards"))
