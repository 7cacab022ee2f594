"""The download, against a stand-in for Kaggle's server on this machine."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from anime_gen.images import FacesConfig, SourceConfig
from anime_gen.images.ingest import ingest
from anime_gen.images.sources.kaggle import download
from anime_gen.images.sources.opening import open_source
from tests.images.pictures import ATTRIBUTES, encoded, face


class StandIn(ThreadingHTTPServer):
    """Answers like Kaggle's API: the newest version of a data set, and its archive."""

    archive: bytes
    status = 200
    downloads = 0
    token: str | None = None


class Answers(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.token = self.headers.get("Authorization")
        if self.server.status != 200:
            self.answer(self.server.status, b"{}", "application/json")
        elif asked.get("datasetSlug") != "crypko-data":
            self.answer(404, b"{}", "application/json")
        elif self.path.endswith("/GetDataset"):
            self.answer(200, json.dumps({"currentVersionNumber": 3}).encode(), "application/json")
        else:
            self.server.downloads += 1
            self.answer(200, self.server.archive, "application/zip")

    def answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def archive_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture
def kaggle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    from kagglesdk import kaggle_env

    server = StandIn(("127.0.0.1", 0), Answers)
    server.archive = archive_of({f"faces/{i:05d}.png": encoded(face(i)) for i in range(4)})
    address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.LOCAL, address)
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


CONFIG = SourceConfig(kind="kaggle", handle="shilou/crypko-data", licence="as stated by its owner")


def test_a_data_set_is_downloaded_once_and_ingested(
    kaggle: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAGGLE_USERNAME", "someone")
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    faces = FacesConfig(resolution_px=32, min_accepted=1, workers=0)
    first = ingest(CONFIG, faces, ATTRIBUTES, tmp_path)
    assert (first.report["decoded"], first.report["accepted"]) == (4, 4)
    assert first.data_card["source"] == {"kind": "kaggle", "name": "shilou/crypko-data"}
    assert first.data_card["licence"] == "as stated by its owner"
    assert (kaggle.token or "").startswith("Basic ")
    again = ingest(CONFIG, faces, ATTRIBUTES, tmp_path)
    assert (again.report["decoded"], kaggle.downloads) == (0, 1)
    kaggle.shutdown()
    kaggle.server_close()
    offline = ingest(CONFIG, faces, ATTRIBUTES, tmp_path)
    assert offline.face_store.fingerprint == first.face_store.fingerprint


def test_a_data_set_that_is_one_archive_is_read_in_place(kaggle: StandIn, tmp_path: Path) -> None:
    kaggle.archive = archive_of({"all_faces.zip": kaggle.archive})
    source = open_source(CONFIG, FacesConfig(), tmp_path)
    assert [member.name for member in source.listing().members] == [f"faces/{i:05d}.png" for i in range(4)]


@pytest.mark.parametrize("status", [401, 403])
def test_missing_credentials_say_what_to_set(kaggle: StandIn, status: int) -> None:
    kaggle.status = status
    with pytest.raises(ValueError, match=r"KAGGLE_API_TOKEN.*KAGGLE_USERNAME.*source\.path"):
        download("shilou/crypko-data")


def test_unknown_data_sets_and_server_trouble_are_told_apart(kaggle: StandIn) -> None:
    with pytest.raises(ValueError, match=r"knows no data set 'shilou/none'"):
        download("shilou/none")
    kaggle.status = 503
    with pytest.raises(ValueError, match="HTTP 503"):
        download("shilou/crypko-data")
    kaggle.shutdown()
    kaggle.server_close()
    with pytest.raises(ValueError, match=r"cannot be reached.*source\.path"):
        download("shilou/crypko-data")


@pytest.mark.parametrize(
    ("held", "words"),
    [
        ('{"username": "a", "key": "b"}'.encode("utf-16"), "it is no UTF-8 text"),
        (b'\xef\xbb\xbf{"username": "a", "key": "b"}', "it is no JSON"),
        (b"", "it is no JSON"),
        (b"{'username': 'a', 'key': 'b'}", "it is no JSON"),
        (b"<html>sign in</html>", "it is no JSON"),
        (b"[]", "it lacks username and key"),
        (b'{"key": "b"}', "it lacks username"),
    ],
)
def test_an_odd_credentials_file_is_named_with_the_cure(
    held: bytes, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path / "kaggle"))
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "cache"))
    (tmp_path / "kaggle").mkdir()
    (tmp_path / "kaggle" / "kaggle.json").write_bytes(held)
    with pytest.raises(ValueError, match=words) as caught:
        download("owner/name")
    assert str(tmp_path / "kaggle" / "kaggle.json") in str(caught.value)
    assert "KAGGLE_USERNAME" in str(caught.value)


def test_credentials_elsewhere_that_are_no_plain_text_are_told_with_where_to_look(
    kaggle: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAGGLE_API_TOKEN", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.setenv(name, "日本")
    with pytest.raises(ValueError, match=r"credentials cannot be used.*KAGGLE_USERNAME.*source\.path"):
        download("owner/name")
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY"):
        monkeypatch.delenv(name)
    (tmp_path / ".kaggle").mkdir()
    (tmp_path / ".kaggle" / "access_token").write_bytes("KGAT_x".encode("utf-16"))
    with pytest.raises(ValueError, match=r"credentials cannot be used.*access_token.*source\.path"):
        download("owner/name")
