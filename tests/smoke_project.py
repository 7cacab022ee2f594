"""A copy of the project as a fresh clone has it, run by its own commands at smoke size."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).parents[1]


def fresh_project(folder: Path) -> Path:
    """A clone without data; its code is this checkout's."""
    for name in ("conf", "notebooks", "streamlit_app"):
        shutil.copytree(ROOT / name, folder / name)
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / name, folder)
    (folder / "src").mkdir()
    (folder / "src/anime_gen").symlink_to(ROOT / "src/anime_gen")
    return folder


def start(project: Path, *arguments: str) -> subprocess.Popen[str]:
    """`kedro run --env=smoke ...`, going on."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MLFLOW_TRACKING_URI", "KEDRO_ENV")}
    command = [sys.executable, "-m", "kedro", "run", "--env=smoke", *arguments]
    return subprocess.Popen(
        command, cwd=project, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def run(project: Path, *arguments: str) -> str:
    """The same to its end, which must be a good one; what it printed."""
    process = start(project, *arguments)
    output = process.communicate()[0]
    assert process.returncode == 0, output[-3000:]
    return output


def left_running(project: Path) -> list[str]:
    """Names of MLflow runs that nobody closed."""
    return [name for name, state in _runs(project) if state == "RUNNING"]


def states(project: Path) -> list[str]:
    """How the MLflow runs ended, from the first to the last."""
    return [state for _, state in _runs(project)]


def _runs(project: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(project / "data/smoke/mlflow.db")) as database:
        return database.execute("select name, status from runs order by start_time").fetchall()
