"""Tables of labels are found wherever they lie; what is no picture by its name is named, not filed as a broken one."""

import io
import tarfile
import unicodedata
import zipfile
from pathlib import Path

import pytest

from anime_gen.drawing.folder import CHARACTERS
from anime_gen.images.config import FacesConfig, SourceConfig
from anime_gen.images.ingest import ingest
from anime_gen.images.outcome import Ingested
from anime_gen.labels.table import LabelError
from tests.images.pictures import ATTRIBUTES, encoded, face

FACES = [encoded(face(number)) for number in range(4)]


def pack(path: Path, files: dict[str, bytes], raw: dict[str, bytes] | None = None) -> SourceConfig:
    """A folder, zip or tar, by the ending of `path`; `raw` gives the bytes that an archive has for a name."""
    raw = raw or {}
    if path.suffix == ".zip":
        plain = {name: f"@{number}".ljust(len(raw[name]), "@") for number, name in enumerate(raw)}
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in files.items():
                archive.writestr(plain.get(name, name), data)
        packed = path.read_bytes()
        for name, stand_in in plain.items():  # an archiver that writes bytes as they are, and no flag
            packed = packed.replace(stand_in.encode(), raw[name])
        path.write_bytes(packed)
        return SourceConfig(kind="archive", path=str(path))
    if path.suffix == ".tar":
        with tarfile.open(path, "w") as archive:
            for name, data in files.items():
                info = tarfile.TarInfo(raw.get(name, name.encode()).decode("utf-8", "surrogateescape"))
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        return SourceConfig(kind="archive", path=str(path))
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return SourceConfig(kind="folder", path=str(path))


def ingested(source: SourceConfig, folder: Path) -> Ingested:
    faces = FacesConfig(resolution_px=16, min_accepted=1, workers=0, near_duplicates=False)
    return ingest(source, faces, ATTRIBUTES, folder / "data")


def named(done: Ingested) -> dict[str, str]:
    return {line["name"]: line["reason"] for line in done.rejects}


@pytest.mark.parametrize("kind", ["in", "in.zip", "in.tar"])
@pytest.mark.parametrize("table", ["labels.csv", "Labels.CSV", "set/v1/labels.csv", "labels.tsv"])
def test_the_table_is_found_in_any_folder_and_case(kind: str, table: str, tmp_path: Path) -> None:
    mark = "\t" if table.endswith("tsv") else ","
    rows = f"file{mark}glasses\n0.png{mark}1\n1.png{mark}0\n".encode()
    files = {f"set/v1/faces/{number}.png": data for number, data in enumerate(FACES)}
    done = ingested(pack(tmp_path / kind, files | {table: rows}), tmp_path)
    assert done.report["labels"] == {"glasses": 2}
    assert named(done) == {}


@pytest.mark.parametrize("kind", ["in", "in.zip", "in.tar"])
def test_other_tables_and_archives_are_named(kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = {f"{'ab'[number % 2]}/{number}.png": data for number, data in enumerate(FACES)}
    extra = {
        "b/labels.csv": b"file,glasses\n1.png,1\n",
        "a/labels.csv": b"file,glasses\n0.png,1\n2.png,0\n",
        "tags.csv": b"file,glasses\n",
        "labels.xlsx": b"PK",
        "more.zip": b"PK\3\4" + bytes(60),
    }
    done = ingested(pack(tmp_path / kind, files | extra), tmp_path)
    assert done.report["labels"] == {"glasses": 2}
    assert named(done) == {
        "b/labels.csv": "second_table",
        "labels.xlsx": "table",
        "tags.csv": "table",
        "more.zip": "archive",
    }
    assert all(f"{name} is not read" in caplog.text for name in named(done))


def test_a_table_that_cannot_be_used_stops_before_pictures_are_decoded(tmp_path: Path) -> None:
    files = {f"{number}.png": data for number, data in enumerate(FACES)}
    for table, words in ((b"name;glasses\n", "needs a column"), (b"file,glasses\nx,1\n", "its only row")):
        with pytest.raises(LabelError, match=words):
            ingested(pack(tmp_path / "in", files | {"labels.csv": table}), tmp_path)
    assert not list(tmp_path.glob("data/**/*.u8"))


@pytest.mark.parametrize("kind", ["in.zip", "in.tar"])
@pytest.mark.parametrize("page", ["utf-8", "utf-8-mac", "cp932", "gb18030", "cp949"])
@pytest.mark.parametrize("table_page", ["utf-8", "same"])
def test_archives_whose_names_are_in_another_code_page(kind: str, page: str, table_page: str, tmp_path: Path) -> None:
    words = {"cp949": ["얼굴", "사진", "가나", "다라"]}.get(page, ["学生 1", "プール", "画像", "表"])
    code = "utf-8" if page == "utf-8-mac" else page
    form = "NFD" if page == "utf-8-mac" else "NFC"
    raw = {f"{word}.png": unicodedata.normalize(form, f"{word}.png").encode(code) for word in words}
    rows = "file,glasses\n" + "".join(f"{name},{number % 2}\n" for number, name in enumerate(raw))
    table = rows.encode(code if table_page == "same" else "utf-8")
    files = dict(zip(raw, FACES, strict=True)) | {"labels.csv": table}
    done = ingested(pack(tmp_path / kind, files, raw), tmp_path)
    assert done.report["labels"] == {"glasses": 4}
    assert sorted(done.index["label.glasses"]) == [0.0, 0.0, 1.0, 1.0]
    if code == "utf-8":
        assert {unicodedata.normalize("NFC", name) for name in done.index["source_name"]} == set(raw)


@pytest.mark.parametrize("kind", ["in", "in.zip", "in.tar"])
def test_what_the_drawing_program_leaves_beside_pictures_is_no_broken_one(kind: str, tmp_path: Path) -> None:
    files = {f"faces/{number}.png": data for number, data in enumerate(FACES)}
    done = ingested(pack(tmp_path / kind, files | {CHARACTERS: b'{"smile": 1}\n'}), tmp_path)
    assert done.report["accepted"] == len(FACES)
    assert named(done) == {CHARACTERS: "notes"}
