import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from anime_gen.images import FacesConfig, SourceConfig
from anime_gen.images import ingest as ingest_module
from anime_gen.images.ingest import ingest
from anime_gen.images.outcome import Ingested
from tests.images.pictures import ATTRIBUTES, encoded, face, hostile, unusual, write_faces


def ingested(path: Path, data: Path, *, source: dict[str, Any] | None = None, **faces: Any) -> Ingested:
    kind = "folder" if path.is_dir() else "archive"
    settings = {"resolution_px": 32, "min_accepted": 1, "workers": 0, **faces}
    config = SourceConfig(**{"kind": kind, "path": str(path), **(source or {})})
    return ingest(config, FacesConfig(**settings), ATTRIBUTES, data)


def store_folder(done: Ingested, data: Path) -> Path:
    return done.face_store.place


def test_row_i_of_the_table_is_picture_i_of_the_store(tmp_path: Path) -> None:
    write_faces(tmp_path / "in" / "b", range(3), 32)
    write_faces(tmp_path / "in" / "a", range(3, 5), 32)
    done = ingested(tmp_path / "in", tmp_path)
    store = done.face_store
    assert list(done.index.columns) == ["id", "source_name", "sha256", "phash", "group", "split"]
    assert done.index["source_name"].tolist() == [
        *(f"a/{i:05d}.png" for i in (3, 4)),
        *(f"b/{i:05d}.png" for i in range(3)),
    ]
    for row, number in enumerate((3, 4, 0, 1, 2)):
        assert (store.read(np.array([row]))[0] == np.asarray(face(number, 32))).all()
    assert len(store) == done.report["accepted"] == 5
    assert done.data_card["sha256"] == store.fingerprint
    assert done.data_card["licence"] == "not stated by the user"
    assert str(tmp_path) not in json.dumps([done.data_card, done.report])


def test_hostile_files_are_listed_and_good_neighbours_kept(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_faces(folder, range(6))
    for name, (data, _) in hostile().items():
        (folder / name).write_bytes(data)
    for name, data in unusual().items():
        (folder / name).write_bytes(data)
    (folder / "dangling.png").symlink_to(folder / "nowhere.png")
    (folder / "circle").symlink_to(folder, target_is_directory=True)
    done = ingested(folder, tmp_path, max_bytes=2_000_000, workers=2)
    reasons = {line["name"]: line["reason"] for line in done.rejects if line["kind"] == "picture"}
    expected = {name: reason for name, (_, reason) in hostile().items()}
    assert reasons == {**expected, "dangling.png": "link", "circle": "link"}
    assert done.report["accepted"] + done.report["duplicates"] == 6 + len(unusual())
    assert done.report["seen"] == 6 + len(unusual()) + len(reasons)
    assert sum(done.report["rejected"].values()) == len(reasons)
    assert all(line["detail"] for line in done.rejects)


def test_an_unchanged_source_does_no_work_and_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_faces(tmp_path / "in", range(4))
    first = ingested(tmp_path / "in", tmp_path)
    for name in ("fill_store", "publish_store", "group_near_duplicates"):
        monkeypatch.delattr(ingest_module, name)
    again = ingested(tmp_path / "in", tmp_path)
    assert again.report["decoded"] == 0
    assert again.face_store.fingerprint == first.face_store.fingerprint
    assert again.data_card == first.data_card
    assert again.index.equals(first.index)
    assert {**again.report, "seconds": 0, "decoded": 4} == {**first.report, "seconds": 0}


def test_only_what_is_new_or_changed_is_decoded(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_faces(folder, range(6))
    first = ingested(folder, tmp_path)
    (folder / "00002a.png").write_bytes(encoded(face(50)))
    added = ingested(folder, tmp_path)
    assert (added.report["decoded"], added.report["accepted"]) == (1, 7)
    (folder / "00003.png").write_bytes(encoded(face(51)))
    changed = ingested(folder, tmp_path)
    assert (changed.report["decoded"], changed.report["accepted"]) == (1, 7)
    assert set(changed.index["id"]) - set(added.index["id"]) == {changed.index["id"][4]}
    (folder / "00000.png").unlink()
    removed = ingested(folder, tmp_path)
    assert (removed.report["decoded"], removed.report["accepted"]) == (0, 6)
    fresh = ingested(folder, tmp_path / "elsewhere")
    assert fresh.face_store.fingerprint == removed.face_store.fingerprint
    assert fresh.index.equals(removed.index)
    before, after = (done.index.set_index("id")["split"] for done in (first, removed))
    shared = before.index.intersection(after.index)
    assert before[shared].equals(after[shared])


def test_a_repacked_archive_is_no_news_and_one_more_member_is_one_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    for extra, decoded in ((4, 4), (4, 0), (5, 1)):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if decoded else zipfile.ZIP_STORED) as archive:
            for number in reversed(range(extra)):
                archive.writestr(f"faces/{number}.png", encoded(face(number)))
        assert ingested(path, tmp_path).report["decoded"] == decoded


def test_another_source_or_resolution_leaves_the_first_store_alone(tmp_path: Path) -> None:
    write_faces(tmp_path / "one", range(3))
    write_faces(tmp_path / "two", range(3, 6))
    first = ingested(tmp_path / "one", tmp_path)
    others = [ingested(tmp_path / "two", tmp_path), ingested(tmp_path / "one", tmp_path, resolution_px=16)]
    assert len({done.face_store.place for done in (first, *others)}) == 3
    assert ingested(tmp_path / "one", tmp_path).report["decoded"] == 0


def test_exact_copies_are_kept_once_whatever_their_format(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_faces(folder, range(3))
    shutil.copy(folder / "00001.png", folder / "copy.png")
    (folder / "copy.webp").write_bytes(encoded(face(1), "WEBP", lossless=True))
    done = ingested(folder, tmp_path)
    assert (done.report["accepted"], done.report["duplicates"]) == (3, 2)
    lines = [line for line in done.rejects if line["kind"] == "duplicate"]
    assert [line["name"] for line in lines] == ["copy.png", "copy.webp"]
    assert all("00001.png" in line["detail"] for line in lines)


def test_labels_beside_the_pictures_reach_the_table(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "in"
    write_faces(folder, range(4))
    shutil.copy(folder / "00001.png", folder / "twin.png")
    shutil.copy(folder / "00002.png", folder / "unlike.png")
    rows = ["00000.png,1,x,red", "twin.png,0,,", "00002.png,1,,", "unlike.png,0,,", "00003.png,,,teal"]
    (folder / "labels.csv").write_text("\n".join(["file,glasses,hair_colour,hair_color", *rows]))
    done = ingested(folder, tmp_path)
    assert done.index["label.hair_color"].fillna("-").tolist() == ["red", "-", "-", "-"]
    assert done.index["label.glasses"].fillna(-1).tolist() == [1, 0, -1, -1]
    assert done.report["unknown_label_columns"] == ["hair_colour"]
    assert "hair_colour (did you mean hair_color?)" in caplog.text
    problems = [line["detail"] for line in done.rejects if line["kind"] == "label"]
    assert len(problems) == done.report["label_problems"] == 2
    assert "row 6, hair_color = 'teal'" in problems[0]
    assert "row 5, glasses '0.0'" in problems[1]
    (folder / "labels.csv").write_text("file,glasses\n00000.png,0\n")
    changed = ingested(folder, tmp_path)
    assert changed.report["decoded"] == 0
    assert changed.index["label.glasses"].dropna().tolist() == [0]


def test_a_labels_file_from_elsewhere(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", range(2))
    (tmp_path / "mine.csv").write_text("file,glasses\n00001.png,1\n")
    done = ingested(tmp_path / "in", tmp_path, source={"labels": str(tmp_path / "mine.csv")})
    assert done.report["labels"] == {"glasses": 1}


def test_too_few_usable_pictures_stop_with_the_count_of_each_reason(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    write_faces(folder, range(2))
    for i in range(3):
        (folder / f"text{i}.png").write_text("no picture")
    with pytest.raises(
        ValueError, match=r"only 2 usable pictures, faces.min_accepted is 5. Left out: 3 x unknown_format"
    ):
        ingested(folder, tmp_path, min_accepted=5)


def test_an_empty_source_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(ValueError, match="holds no files at all"):
        ingested(tmp_path / "in", tmp_path)
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(ValueError, match="holds no files at all"):
        ingested(tmp_path / "empty.zip", tmp_path)


def test_lost_pixels_are_not_taken_for_black_faces(tmp_path: Path) -> None:
    write_faces(tmp_path / "in", range(3))
    shard = store_folder(ingested(tmp_path / "in", tmp_path), tmp_path) / "shards" / "00000.u8"
    shard.write_bytes(shard.read_bytes()[:-10])
    with pytest.raises(ValueError, match="too short"):
        ingested(tmp_path / "in", tmp_path)
    write_faces(tmp_path / "in", range(4))
    with pytest.raises(ValueError, match="too short"):
        ingested(tmp_path / "in", tmp_path)


def test_two_ingests_into_one_store_do_not_mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_faces(tmp_path / "in", range(2))
    folder = store_folder(ingested(tmp_path / "in", tmp_path), tmp_path)
    monkeypatch.setattr(ingest_module, "LOCK_PATIENCE_S", 0.1)
    with FileLock(folder.with_suffix(".lock")), pytest.raises(ValueError, match="another process is ingesting"):
        ingested(tmp_path / "in", tmp_path)


def drawn(count: int, data: Path, **source: Any) -> Ingested:
    faces = FacesConfig(resolution_px=16, min_accepted=1, workers=0)
    return ingest(SourceConfig(kind="drawn", count=count, **source), faces, ATTRIBUTES, data)


def test_drawn_faces_bring_their_truth_and_grow_by_what_is_missing(tmp_path: Path) -> None:
    from anime_gen.drawing import ATTRIBUTES as DRAWN
    from anime_gen.drawing import Character, render

    first = drawn(6, tmp_path)
    assert {f"label.{name}" for name in DRAWN} >= {c for c in first.index.columns if c.startswith("label.")}
    store = first.face_store
    for row in range(6):
        character = Character.from_json(first.index["character"][row])
        assert (store.read(np.array([row]))[0] == render(character, 16)).all()
        assert first.index["label.hair_length"][row] == character.labels()["hair_length"]
        assert first.index["label.hair_color"][row] == character.labels()["hair_color"]
    assert first.data_card["licence"].startswith("CC0")
    more = drawn(9, tmp_path)
    assert more.report["decoded"] == 3
    assert more.index["id"][:6].tolist() == first.index["id"].tolist()
    assert drawn(6, tmp_path).face_store.fingerprint == first.face_store.fingerprint
    other = drawn(3, tmp_path, seed=1)
    assert other.report["decoded"] == 3
    assert other.face_store.place != first.face_store.place
    with pytest.raises(ValueError, match=r"source.split must be one of default"):
        drawn(3, tmp_path, split="none")
