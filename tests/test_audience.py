"""What becomes of a run when nobody reads its output any more."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.smoke_project import fresh_project, run, start, states

PRINTING = """
import logging, signal, sys, time
from anime_gen.session import StoppedError, stoppable
logging.basicConfig()
if sys.argv[2] == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
else:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
try:
    with stoppable():
        for number in range(200):
            {"print": lambda: print(number, flush=True),
             "progress": lambda: sys.stderr.write(f"{number}\\r"),
             "log": lambda: logging.warning(number)}[sys.argv[1]]()
            time.sleep(0.01)
    end = "went on"
except StoppedError as error:
    print("one line more")  # whoever closes things may print
    end = str(error.exit_code)
open("end", "w").write(end)
"""


@pytest.mark.parametrize("way", ["print", "progress", "log"])
@pytest.mark.parametrize(("start", "end"), [("terminal", "129"), ("nohup", "went on")])
def test_a_run_that_nobody_reads_is_closed_as_by_its_terminal(tmp_path: Path, way: str, start: str, end: str):
    command = [sys.executable, "-c", PRINTING, way, start]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    process.stdout.read(1)
    process.stdout.close()
    assert process.wait(60) == 0  # not 120: nothing is left that could not be written
    assert (tmp_path / "end").read_text() == end


def test_a_run_of_kedro_that_nobody_reads_is_noted_as_stopped(tmp_path: Path):
    project = fresh_project(tmp_path / "project")
    process = start(project, "--pipelines=ingest", "--params=source.count=64")
    assert process.stdout is not None
    assert "Source: drawn faces" in process.stdout.readline()
    process.stdout.close()
    assert process.wait(120) == 128 + signal.SIGHUP
    assert states(project) == ["KILLED"]
    run(project, "--pipelines=ingest", "--params=source.count=64")
    assert states(project) == ["KILLED", "FINISHED"]


def test_a_command_that_is_read_no_further_ends_without_a_word(bundle_folder: Path, tmp_path: Path):
    command = [sys.executable, "-m", "anime_gen", "generate", f"--model={bundle_folder}", f"--out={tmp_path}"]
    process = subprocess.Popen([*command, "--seeds=0-200"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().endswith("character-000000.png\n")
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(60) == 128 + signal.SIGPIPE
