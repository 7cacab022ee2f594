"""What `make` does to the environment it finds."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.mark.parametrize("linked", [False, True])
def test_an_environment_that_is_a_link_is_used_as_it_is_with_the_code_of_this_folder(tmp_path: Path, linked: bool):
    (tmp_path / "elsewhere").mkdir()
    if linked:
        (tmp_path / ".venv").symlink_to(tmp_path / "elsewhere")
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    outer = ("PYTHONPATH", "MAKEFLAGS", "MAKELEVEL")  # of the make that runs the tests
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    command = ["make", "--no-print-directory", "--dry-run", "check"]
    said = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
    assert ("pip install" in said) is not linked
    with (tmp_path / "Makefile").open("a") as file:
        file.write("\nshow:\n\t@echo $$PYTHONPATH\n")
    command[2:] = ["show"]
    shown = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout
    assert shown.strip() == (f"{tmp_path}/src" if linked else "")
