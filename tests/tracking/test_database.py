import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from anime_gen.tracking.database import DatabaseError, prepare
from anime_gen.tracking.store import RegistryUnreachableError, TrackingSettings, TrackingStore
from tests.conftest import copy_database


@pytest.fixture(autouse=True)
def _no_other_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def database(tmp_path: Path, blank_database: Path) -> Path:
    copy_database(blank_database, tmp_path / "mlflow.db")
    return tmp_path / "mlflow.db"


def opened(folder: Path, uri: str = "sqlite:///mlflow.db") -> TrackingStore:
    store = TrackingStore(TrackingSettings(tracking_uri=uri), folder)
    store.experiment_id(store.client(), "anime-data", "a note")
    return store


def execute(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement)


def refused(database: Path) -> str:
    with pytest.raises(RegistryUnreachableError) as caught:
        opened(database.parent)
    message = str(caught.value)
    assert "\n" not in message
    assert "delete" not in message
    return message


def test_an_older_file_is_upgraded_by_the_command_that_is_named(database: Path):
    execute(database, "update alembic_version set version_num = 'bd07f7e963c5'")
    message = refused(database)
    assert "made by an older MLflow" in message
    assert f"mlflow db upgrade 'sqlite:///{database}'" in message


def test_a_newer_file_asks_for_a_newer_mlflow(database: Path):
    execute(database, "update alembic_version set version_num = 'ffffffffffff'")
    before = database.read_bytes()
    assert "made by a newer MLflow" in refused(database)
    assert database.read_bytes() == before


@pytest.mark.parametrize("damage", ["no database", "cut", "tables missing"])
def test_a_damaged_file_is_said_to_be_one(database: Path, damage: str):
    if damage == "no database":
        database.write_bytes(b"hello" * 1000)
    elif damage == "cut":
        database.write_bytes(database.read_bytes()[:20_000])
    else:
        execute(database, "drop table alembic_version")
    message = refused(database)
    assert "damaged" in message or "incomplete" in message
    assert f"mv '{database}'" in message


def test_a_locked_file_is_waited_for_and_then_named(database: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("anime_gen.tracking.database.PATIENCE_S", 0.2)
    with closing(sqlite3.connect(database)) as other:
        other.execute("begin exclusive")
        assert "another program has held it" in refused(database)
    opened(database.parent)


def test_a_folder_in_its_place_is_named(tmp_path: Path):
    (tmp_path / "mlflow.db").mkdir()
    assert "is a folder, not a file" in refused(tmp_path / "mlflow.db")


def test_an_empty_file_becomes_a_database(tmp_path: Path, blank_database: Path):
    (tmp_path / "mlflow.db").touch()
    prepare(tmp_path / "mlflow.db", lambda path: copy_database(blank_database, path))
    opened(tmp_path)


def test_what_stops_the_making_leaves_nothing_half_made(tmp_path: Path, blank_database: Path):
    def stopped(path: Path) -> None:
        path.write_bytes(blank_database.read_bytes()[:5000])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(tmp_path / "mlflow.db", stopped)
    assert not (tmp_path / "mlflow.db").exists()
    prepare(tmp_path / "mlflow.db", lambda path: copy_database(blank_database, path))
    opened(tmp_path)


def test_two_commands_at_once_make_one_database(tmp_path: Path):
    code = (
        "from pathlib import Path; from anime_gen.tracking.store import *\n"
        f"s = TrackingStore(TrackingSettings(), Path({str(tmp_path)!r}))\ns.experiment_id(s.client(), 'a', 'x')"
    )
    both = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [(run.communicate()[1], run.returncode)[1] for run in both] == [0, 0]


@pytest.mark.parametrize("copied", [False, True], ids=["moved", "copied"])
def test_a_moved_project_goes_on_in_its_new_place(tmp_path: Path, blank_database: Path, copied: bool):
    old, new = tmp_path / "old place", tmp_path / "new place"
    old.mkdir()
    copy_database(blank_database, old / "mlflow.db")
    store = opened(old)
    client = store.client()
    experiment = client.get_experiment_by_name("anime-data").experiment_id
    run = client.create_run(experiment)
    client.log_text(run.info.run_id, "hello", "note.txt")
    shutil.copytree(old, new) if copied else old.rename(new)
    before = {path: path.stat().st_mtime_ns for path in old.rglob("*")} if copied else {}
    moved = opened(new).client()
    assert moved.get_run(run.info.run_id).info.artifact_uri.startswith((new / "mlruns").as_uri())
    later = moved.create_run(experiment).info.run_id
    moved.log_text(later, "again", "other.txt")
    assert len(list((new / "mlruns").rglob("*.txt"))) == 2
    assert {path: path.stat().st_mtime_ns for path in old.rglob("*")} == before
    assert old.exists() == copied


def test_a_copy_of_the_file_alone_still_finds_its_pictures(tmp_path: Path, blank_database: Path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir(), new.mkdir(), (old / "mlruns").mkdir()
    copy_database(blank_database, old / "mlflow.db")
    opened(old)
    copy_database(old / "mlflow.db", new / "mlflow.db")
    experiment = opened(new).client().get_experiment_by_name("anime-data")
    assert experiment.artifact_location == (old / "mlruns").as_uri()


def test_addresses_that_are_not_ours_stay(database: Path):
    client = opened(database.parent).client()
    elsewhere = client.create_experiment("users", artifact_location="file:///shared/mlruns")
    client = opened(database.parent).client()
    assert client.get_experiment(elsewhere).artifact_location == "file:///shared/mlruns"


@pytest.mark.parametrize("name", ["my project アニメ", "v1#2", "50% done", "a%20b", "what?now"])
def test_a_project_may_have_any_name(tmp_path: Path, blank_database: Path, name: str):
    folder = tmp_path / name
    folder.mkdir()
    copy_database(blank_database, folder / "mlflow.db")
    store = opened(folder)
    assert store.database == folder / "mlflow.db"
    run = store.client().create_run(store.client().get_experiment_by_name("anime-data").experiment_id)
    store.client().log_text(run.info.run_id, "hello", "note.txt")
    assert list((folder / "mlruns").rglob("note.txt"))
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_place_that_cannot_be_made_is_an_error_with_its_cure(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match="Check"):
        prepare(tmp_path / "file" / "mlflow.db", lambda path: None)


@pytest.mark.parametrize(
    "error",
    [sqlite3.OperationalError("database or disk is full"), OSError(28, "No space left on device")],
    ids=["sqlite", "system"],
)
def test_a_full_disk_is_said_to_be_one(tmp_path: Path, error: Exception):
    def make(_: Path) -> None:
        raise error

    with pytest.raises(DatabaseError, match=r"the disk is full\. Free some space"):
        prepare(tmp_path / "mlflow.db", make)


def test_a_database_that_fails_while_a_run_goes_on_prints_no_traceback(store: TrackingStore, capfd, caplog):
    client = store.client()
    run = client.create_run("0").info.run_id
    with closing(sqlite3.connect(store.database)) as database:
        database.execute("drop table tags")
    with pytest.raises(Exception, match="no such table: tags"):
        client.set_tag(run, "a", "b")
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err + caplog.text
