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


@pytest.mark.parametrize("kind", ["in", "in.zip", "in.tar"])
def test_what_a_system_leaves_beside_pictures_is_no_picture_and_no_table(kind: str, tmp_path: Path) -> None:
    double = b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(80)
    faces = {f"set/{number}.png": data for number, data in enumerate(FACES)}
    left = {"set/.ipynb_checkpoints/0-checkpoint.png": FACES[0], ".git/labels.csv": b"file,glasses\n1.png,1\n"}
    left |= {f"__MACOSX/set/._{number}.png": double for number in range(4)} | {"__MACOSX/set/._labels.csv": double}
    left |= {"set/@eaDir/1.png": FACES[1], "set/Thumbs.db": bytes(99), "desktop.ini": b"[.ShellClassInfo]"}
    left |= {".DS_Store": b"\0\0\0\1Bud1"}
    table = {"set/labels.csv": b"file,glasses\n0,1\n1,0\n2.png,1\n3.png,0\n"}
    done = ingested(pack(tmp_path / kind, faces | left | table), tmp_path)
    assert sorted(done.index["source_name"]) == sorted(faces)
    assert done.report["labels"] == {"glasses": 4}
    assert named(done) == dict.fromkeys(left, "system")


@pytest.mark.parametrize("table", ["labels.csv.txt", "Labels.CSV.csv"])
def test_an_ending_written_twice_is_still_a_table(table: str, tmp_path: Path) -> None:
    files = {f"{number}.png": data for number, data in enumerate(FACES)}
    done = ingested(pack(tmp_path / "in", files | {table: b"file,glasses\n0.png,1\n"}), tmp_path)
    assert done.report["labels"] == {"glasses": 1}


@pytest.mark.parametrize("name", ["labels.json", "labels.txt", "metadata.jsonl", "annotations.xml", "labels.csv.gz"])
def test_labels_in_another_form_are_said_not_to_be_read(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = {f"{number}.png": data for number, data in enumerate(FACES)}
    done = ingested(pack(tmp_path / "in", files | {name: b"{}"}), tmp_path)
    assert named(done) == {name: "table"}
    assert f"{name} is not read: if it holds labels, save them as labels.csv" in caplog.text


def test_of_many_tables_the_log_names_a_few(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = {f"{number}.png": data for number, data in enumerate(FACES)}
    ingested(pack(tmp_path / "in", files | {f"{number}.csv": b"x" for number in range(50)}), tmp_path)
    assert caplog.text.count("is not read") == 3
    assert "and 47 more like it" in caplog.text


@pytest.mark.parametrize(
    ("column", "cells", "words"),
    [
        ("glasses", ["-1", "1", "-1", "-1"], r"3 of 4 cells of the column glasses.*row 2, glasses = '-1' is not"),
        ("hair_color", ["3", "1", "2", "1"], "4 of 4 cells of the column hair_color"),
    ],
)
def test_a_column_in_another_scale_stops_instead_of_teaching_what_is_left_of_it(
    column: str, cells: list[str], words: str, tmp_path: Path
) -> None:
    files = {f"{number}.png": data for number, data in enumerate(FACES)}
    rows = f"file,{column}\n" + "".join(f"{number}.png,{cell}\n" for number, cell in enumerate(cells))
    with pytest.raises(LabelError, match=words):
        ingested(pack(tmp_path / "in", files | {"labels.csv": rows.encode()}), tmp_path)


def test_a_table_without_rows_is_said_to_have_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = {f"{number}.png": data for number, data in enumerate(FACES)}
    ingested(pack(tmp_path / "in", files | {"labels.csv": b"file,glasses\n"}), tmp_path)
    assert "labels.csv has no rows below its header" in caplog.text


def test_a_folder_in_place_of_a_table(tmp_path: Path) -> None:
    source = pack(tmp_path / "in", {f"{number}.png": data for number, data in enumerate(FACES)})
    with pytest.raises(ValueError, match=r"source\.labels .* is a folder; give the path of a table"):
        ingested(SourceConfig(kind="folder", path=source.path, labels=str(tmp_path / "in")), tmp_path)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_table_that_was_added_to_an_archive_once_more_is_not_lost_in_silence(kind: str, tmp_path: Path) -> None:
    source = pack(tmp_path / f"in.{kind}", {"labels.csv": b"file,glasses\n0.png,1\n", "0.png": FACES[0]})
    if kind == "zip":
        with zipfile.ZipFile(str(source.path), "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("labels.csv", b"file,glasses\n0.png,0\n")
    else:
        with tarfile.open(str(source.path), "a") as archive:
            archive.addfile(tarfile.TarInfo("labels.csv"))
    with pytest.raises(ValueError, match=r"labels\.csv cannot be read: several members have this name.*take it away"):
        ingest(source, FacesConfig(resolution_px=16, min_accepted=1, workers=0), ATTRIBUTES, tmp_path / "data")


def test_a_table_that_is_a_link_to_nothing_is_not_lost_in_silence(tmp_path: Path) -> None:
    source = pack(tmp_path / "in", {"0.png": FACES[0]})
    (tmp_path / "in" / "labels.csv").symlink_to(tmp_path / "moved.csv")
    with pytest.raises(ValueError, match=r"labels\.csv cannot be read: a link that leads nowhere"):
        ingest(source, FacesConfig(resolution_px=16, min_accepted=1, workers=0), ATTRIBUTES, tmp_path / "data")


def test_pictures_of_one_name_are_named_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = pack(tmp_path / "in.zip", {"0.png": FACES[0], "1.png": FACES[1]})
    with zipfile.ZipFile(str(source.path), "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("1.png", FACES[2])
    ingest(source, FacesConfig(resolution_px=16, min_accepted=1, workers=0), ATTRIBUTES, tmp_path / "data")
    assert "1.png is not read: several members have this name" in caplog.text
