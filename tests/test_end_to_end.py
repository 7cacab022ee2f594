"""The whole chain on smoke data, run as its users run it, then the page and the notebooks on what it left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from streamlit.testing.v1 import AppTest

from tests.smoke_project import fresh_project

ROOT = Path(__file__).parents[1]
REPORT_KEYS = {
    "ingest": {"source", "seen", "accepted", "rejected", "duplicates", "seconds"},
    "generator": {
        "resolution",
        "images_seen",
        "kid",
        "kid_noise_floor",
        "density",
        "coverage",
        "vendi",
        "vendi_data",
        "copies_flagged",
        "seconds",
    },
}
DIRECTION_KEYS = {"hit_median", "hit_p90", "spearman", "leakage_mean", "leakage_max", "identity_drift", "reach"}
TAGGING_KEYS = {"kind", "n_train", "n_test", "auroc", "ece", "coverage_at_95"}


def kedro(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    return subprocess.run(
        [sys.executable, "-m", "kedro", *arguments], cwd=project, env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project as a fresh clone has it, in which the whole chain ran once."""
    folder = fresh_project(tmp_path_factory.mktemp("whole") / "project")
    run = kedro(folder, "run", "--env=smoke")
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    return folder


def report(project: Path, name: str) -> dict:
    return json.loads((project / f"data/smoke/08_reporting/{name}.json").read_text())


@pytest.mark.parametrize("name", ["ingest", "generator"])
def test_flat_reports_have_their_keys(project: Path, name: str):
    assert report(project, name).keys() >= REPORT_KEYS[name]


def test_attribute_reports_have_an_entry_for_every_slider(project: Path):
    tagging, directions = report(project, "tagging"), report(project, "directions")
    assert tagging["glasses"].keys() >= TAGGING_KEYS | {"macro_f1"}
    assert tagging["hair_length"].keys() >= TAGGING_KEYS | {"r2"}
    assert directions["hair_length"].keys() >= DIRECTION_KEYS


def test_reports_hold_no_number_that_json_forbids(project: Path):
    for path in (project / "data/smoke/08_reporting").glob("*.json"):
        json.loads(path.read_text(), parse_constant=pytest.fail)


@pytest.mark.parametrize("spelling", ["--pipeline=train", "--pipelines=train"])
def test_a_second_run_starts_from_what_is_there(project: Path, spelling: str):
    before = report(project, "ingest")
    run = kedro(project, "run", spelling, "--env=smoke")
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    after = report(project, "ingest")
    assert after["accepted"] == before["accepted"]
    assert after["decoded"] == 0


def test_a_typo_in_a_parameter_ends_before_work_with_its_name(project: Path):
    run = kedro(project, "run", "--pipelines=train", "--env=smoke", "--params=train.reslution=8")
    assert run.returncode != 0
    output = run.stdout + run.stderr
    assert "reslution" in output
    assert "Traceback" not in output


def test_a_missing_source_says_what_to_do(project: Path):
    run = kedro(
        project, "run", "--pipelines=ingest", "--env=smoke", "--params=source.kind=archive,source.path=nowhere.zip"
    )
    assert run.returncode != 0
    output = run.stdout + run.stderr
    assert "nowhere.zip" in output
    assert "Traceback" not in output


def test_the_page_opens_the_champion_and_a_slider_changes_the_picture(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(project)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{project}/data/smoke/mlflow.db")
    page = AppTest.from_file(str(project / "streamlit_app/pages.py"), default_timeout=120).run()
    assert not page.exception
    editor = page.session_state["editor"]
    before, length = editor.picture.pixels.copy(), float(editor.picture.measured["hair_length"])
    editor.set_target("hair_length", 0.0 if length > 0.5 else 1.0)  # as the bench does when its slider is let go
    page.run()
    assert not page.exception
    picture = page.session_state["editor"].picture
    assert (
        picture.outcomes["hair_length"].reason or (picture.pixels != before).any()
    )  # a minute's training moves little


NOTEBOOKS = pytest.mark.parametrize(
    "notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem
)


def run_notebook(project: Path, name: str) -> str:
    """All that its cells wrote."""
    document = nbformat.read(project / "notebooks" / name, as_version=4)
    where = {"metadata": {"path": str(project / "notebooks")}}
    NotebookClient(document, timeout=120, kernel_name="python3", resources=where).execute()
    outputs = [output for cell in document.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


@NOTEBOOKS
def test_notebooks_read_what_the_chain_left(project: Path, notebook: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("KEDRO_ENV", "smoke")
    said = run_notebook(project, notebook.name)
    assert "yet" not in said
    assert "32 px" in said or notebook.stem != "01_explore_faces"


@NOTEBOOKS
def test_notebooks_show_the_shipped_model_on_a_fresh_clone(tmp_path: Path, notebook: Path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    project = fresh_project(tmp_path / "project")
    (project / "data/06_models").mkdir(parents=True)
    (project / "data/06_models/shipped").symlink_to(ROOT / "data/06_models/shipped")
    said = run_notebook(project, notebook.name)
    assert "yet" in said or notebook.stem == "03_directions"
