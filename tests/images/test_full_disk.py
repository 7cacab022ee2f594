"""A disk that fills up: the path and the cure are named, and with room again the same command goes on."""

import errno
import os
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from anime_gen.images.config import FacesConfig, SourceConfig
from anime_gen.images.files import write_atomically
from anime_gen.images.ingest import ingest
from anime_gen.images.outcome import Ingested
from tests.images.pictures import ATTRIBUTES, encoded, face

FULL = OSError(errno.ENOSPC, "No space left on device")


def ingested(folder: Path) -> Ingested:
    source = SourceConfig(kind="folder", path=str(folder / "in"))
    faces = FacesConfig(resolution_px=16, min_accepted=1, workers=0)
    return ingest(source, faces, ATTRIBUTES, folder / "data")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for number in range(5):
        (tmp_path / "in" / f"{number}.png").write_bytes(encoded(face(number)))
    return tmp_path


@pytest.mark.parametrize("call", ["pwrite", "ftruncate", "fsync", "replace", "mkdir"])
def test_a_full_disk_names_the_path_and_the_cure(pictures: Path, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise FULL

    with monkeypatch.context() as patched:
        patched.setattr(os if hasattr(os, call) and call not in ("replace", "mkdir") else Path, call, fail)
        with pytest.raises(OSError, match="the disk is full: free some space") as caught:
            ingested(pictures)
    assert caught.value.errno == errno.ENOSPC
    assert str(pictures / "data") in str(caught.value)
    assert ingested(pictures).report["accepted"] == 5


def test_too_little_room_is_said_before_anything_is_decoded(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 100))
        with pytest.raises(OSError, match="MiB are needed for the faces, 0 MiB are free"):
            ingested(pictures)
    assert ingested(pictures).report["decoded"] == 5


def test_other_errors_keep_their_words_and_get_a_path(tmp_path: Path) -> None:
    def fail(_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match=r"Input/output error: .*table\.json"):
        write_atomically(tmp_path / "table.json", fail)
    assert list(tmp_path.iterdir()) == []
