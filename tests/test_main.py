import json
import os
import shutil
import socket
import sys
from pathlib import Path

import pytest

from anime_gen.__main__ import main
from anime_gen.project import open_project
from anime_gen.tracking.store import TrackingStore
from tests.conftest import ROOT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with settings and no data, as a fresh clone has them."""
    (tmp_path / "conf").symlink_to(ROOT / "conf")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KEDRO_ENV", raising=False)
    return tmp_path


def test_without_a_shipped_model_the_command_says_what_to_do(project: Path, store: TrackingStore, capsys):
    assert main(["register-shipped"]) == 1
    assert "make demo" in capsys.readouterr().err


def test_the_shipped_model_is_registered_once(project: Path, store: TrackingStore, bundle_folder: Path, capsys):
    shipped = project / "data" / "06_models" / "shipped"
    shipped.parent.mkdir(parents=True)
    shipped.symlink_to(bundle_folder)
    assert main(["register-shipped"]) == main(["register-shipped"]) == 0
    assert capsys.readouterr().out.count("The page opens anime-generator version 1.") == 2


def test_a_dead_registry_is_one_line(project: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert main(["register-shipped"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: MLflow at http://127.0.0.1:9 cannot be reached")
    assert error.count("\n") == 1


def test_the_closing_table_names_model_reports_and_the_next_command(project: Path, published: TrackingStore, capsys):
    reports = project / "data" / "08_reporting"
    reports.mkdir(parents=True)
    contents = {
        "ingest": {"seen": 10, "accepted": 9, "rejected": {"small": 1}},
        "tagging": {"smile": {"r2": 0.5}, "glasses": {"macro_f1": 0.9}},
        "generator": {"resolution": 16, "kid": 0.25, "kid_noise_floor": 0.01, "spread_mean": 0.5},
        "directions": {"smile": {"hit_median": 0.05, "leakage_mean": 0.1}},
    }
    for name, content in contents.items():
        (reports / f"{name}.json").write_text(json.dumps(content))
    assert main(["summary"]) == 0
    shown = capsys.readouterr().out
    for words in (
        "anime-generator version 1 is champion (16 px, test)",
        "9 faces of 10; 1 rejected",
        "median F1 0.9, median R2 0.5",
        "KID 0.25 (data against data 0.01), spread 0.5 of the data's",
        "median miss 0.05",
        "not made yet: kedro run --pipelines=publish",
        "data/08_reporting/ingest.json",
        "make app",
    ):
        assert words in shown


def test_an_environment_has_a_data_folder_of_its_own(project: Path):
    assert open_project().source_folder == project / "data"
    assert open_project(env="smoke").source_folder == project / "data/smoke"


def test_a_misspelt_environment_is_named_with_the_nearest(project: Path, capsys):
    assert main(["register-shipped", "--env", "smok"]) == 1
    assert "no environment 'smok'; did you mean smoke?" in capsys.readouterr().err


def test_the_table_points_to_its_own_environment(project: Path, published: TrackingStore, capsys):
    assert main(["summary", "--env", "smoke"]) == 0
    shown = capsys.readouterr().out
    assert "KEDRO_ENV=smoke make mlflow" in shown
    assert "kedro run --pipelines=ingest --env=smoke" in shown
    assert "drawn faces (default, seed 0)" in shown


@pytest.mark.parametrize("command", ["mlflow", "serve"])
def test_a_taken_port_is_an_error_that_names_another(project: Path, published: TrackingStore, command: str, capsys):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert main([command, "--port", str(port)]) == 1
    assert f"port {port} is taken" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["mlflow", "serve"])
def test_mlflow_starts_beside_its_file_whatever_the_folder_is_called(
    tmp_path: Path, published_database: Path, monkeypatch: pytest.MonkeyPatch, command: str
):
    folder = tmp_path / "what?now"
    (folder / "conf").parent.mkdir()
    (folder / "conf").symlink_to(ROOT / "conf")
    shutil.copy(published_database, folder / "mlflow.db")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(
        os, "execve", lambda program, words, environment: sys.exit(json.dumps([words, dict(environment)]))
    )
    with pytest.raises(SystemExit) as instead:  # of this process, so that a signal to it ends the server
        main([command, "--port", "0"])
    words, environment = json.loads(str(instead.value))
    assert words[1:3] == ["-m", "mlflow"]
    assert "sqlite:///mlflow.db" in (*words, environment.get("MLFLOW_TRACKING_URI"))
    assert Path.cwd() == folder
    assert [path.name for path in tmp_path.iterdir()] == ["what?now"]


def test_an_unknown_setting_is_refused_by_every_command(project: Path, capsys):
    assert main(["summary", "--params", "sorce.kind=drawn"]) == 1
    assert "did you mean source.kind?" in capsys.readouterr().err
