"""A person's week: at each step the state says which source it is about, and nothing of another one is touched."""

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from anime_gen.__main__ import main
from anime_gen.project import open_project
from tests.smoke_project import fresh_project, left_running, run, start

pytestmark = pytest.mark.slow
STAGE = "{resolution_px: 16, stable_images: 1024, batch: 16, learning_rate: 0.004}"
SMALL = f"train.growth.stages=[{STAGE}],train.growth.enabled=true,train.run.tick_images=64"
SHARED = {"mlflow.db", "mlruns", "project.json", "sources"}  # of the whole project, not of its first source


def pictures(folder: Path, seed: int) -> None:
    command = [sys.executable, "-m", "anime_gen.drawing", "folder", str(folder), "--count", "160", "--size", "32"]
    subprocess.run([*command, "--seed", str(seed), "--workers", "1"], check=True, capture_output=True)


def content(folder: Path) -> dict[str, str]:
    """Digest of every file of one source."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    kept = [path for path in files if not (SHARED & set(path.relative_to(folder).parts)) and path.name[0] != "."]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def about(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[str, Path]:
    """The source that `anime_gen summary` names, and its folder."""
    monkeypatch.chdir(project)
    assert main(["summary", "--env", "smoke"]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.strip().startswith("Source"))
    return line.split(maxsplit=1)[1].strip(), open_project(env="smoke").source_folder


def test_a_persons_week(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    project = fresh_project(tmp_path / "project")
    pictures(project / "my faces", 5)
    pictures(project / "others", 6)

    run(project, "--pipelines=ingest", "--params=source.count=200")
    assert about(project, monkeypatch, capsys)[0] == "drawn faces (default, seed 0)"
    drawn, drawn_before = project / "data/smoke", content(project / "data/smoke")

    said = run(project, "--pipelines=ingest", "--params=source.kind=folder,source.path=my faces")
    words, own = about(project, monkeypatch, capsys)
    assert words == "folder my faces"
    assert own != drawn
    assert "apart from those of drawn faces" in said

    assert "Source: folder my faces, as in the run before" in run(project, "--pipelines=tag")
    assert len(pd.read_parquet(own / "05_model_input/tags.parquet")) == 160
    assert content(drawn) == drawn_before

    process = start(project, "--pipelines=train", f"--params={SMALL}")
    while "1,024 images" not in (line := process.stdout.readline()):
        assert process.poll() is None, line
    process.send_signal(signal.SIGTERM)
    assert "continues from here" in process.communicate()[0]
    assert process.returncode == 143
    assert left_running(project) == []

    own_before = content(own)
    run(project, "--pipelines=ingest", "--params=source.kind=folder,source.path=others")
    assert about(project, monkeypatch, capsys)[0] == "folder others"
    assert content(own) == own_before

    back = "--params=source.kind=folder,source.path=my faces," + SMALL
    assert "apart from those of folder others" in run(project, "--pipelines=train", back)
    assert about(project, monkeypatch, capsys) == ("folder my faces", own)
    card = json.loads((own / "06_models/generator.json").read_text())
    assert (card["images_seen"], card["source"]["name"]) == (1024, "my faces")

    moved = project.rename(tmp_path / "moved project")
    run(moved, "--pipelines=directions,evaluate,publish")
    assert not project.exists()
    words, own = about(moved, monkeypatch, capsys)
    assert words == "folder my faces"
    assert json.loads((own / "08_reporting/publish.json").read_text())["champion"] == "1"
    assert content(moved / "data/smoke") == drawn_before
    assert left_running(moved) == []

    monkeypatch.setenv("KEDRO_ENV", "smoke")
    monkeypatch.syspath_prepend(str(moved / "streamlit_app"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "components"]:
        monkeypatch.delitem(sys.modules, name)
    page = AppTest.from_file(str(moved / "streamlit_app/pages.py"), default_timeout=120).run()
    assert not page.exception
    assert "editor" in page.session_state
