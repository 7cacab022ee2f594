"""What `make` does to the environment it finds."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT


def said(folder: Path, *arguments: str) -> str:
    """What `make` prints in a folder; with `--dry-run`, what it would run."""
    outer = ("PYTHONPATH", "MAKEFLAGS", "MAKELEVEL")  # of the make that runs the tests
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    command = ["make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def copy_of_make(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (folder / name).write_bytes((ROOT / name).read_bytes())


@pytest.mark.parametrize("name", ["project", "my project", "it's 50% $HOME", 'a "b" `c` #1', "アニメ"])
def test_an_environment_is_made_anew_where_the_project_was_moved_and_only_there(tmp_path: Path, name: str):
    here = tmp_path / name
    copy_of_make(here)
    making = said(here, "--dry-run", "setup").splitlines()
    (here / ".venv").mkdir()
    stamp = next(line for line in making if ".made" in line)
    subprocess.run(stamp, shell=True, cwd=here, check=True)
    assert "rm -rf" not in said(here, "--dry-run", "setup")
    moved = here.rename(tmp_path / f"{name} moved")
    assert "rm -rf .venv" in said(moved, "--dry-run", "setup")
    (tmp_path / "link").symlink_to(moved.rename(here))  # the same place by another name
    assert "rm -rf" not in said(tmp_path / "link", "--dry-run", "setup")


@pytest.mark.parametrize("linked", [False, True])
def test_an_environment_that_is_a_link_is_used_as_it_is_with_the_code_of_this_folder(tmp_path: Path, linked: bool):
    (tmp_path / "elsewhere").mkdir()
    if linked:
        (tmp_path / ".venv").symlink_to(tmp_path / "elsewhere")
    copy_of_make(tmp_path)
    assert ("pip install" in said(tmp_path, "--dry-run", "check")) is not linked
    with (tmp_path / "Makefile").open("a") as file:
        file.write("\nshow:\n\t@echo $$PYTHONPATH\n")
    assert said(tmp_path, "--silent", "show").strip() == (f"{tmp_path}/src" if linked else "")
