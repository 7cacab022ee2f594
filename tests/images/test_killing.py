"""kill -9 at any moment, run again: the same store, byte for byte, and nothing decoded twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from anime_gen.images import FacesConfig, SourceConfig
from anime_gen.images.ingest import store_key
from anime_gen.images.ledger import Ledger
from anime_gen.images.sources.opening import open_source
from tests.images.pictures import encoded, face, write_faces

ROOT = Path(__file__).parents[2]


def start(pictures: Path, data: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.images.ingest_once", str(pictures), str(data)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, **pipes)


def finish(pictures: Path, data: Path) -> dict[str, int]:
    process = start(pictures, data)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return json.loads(output)


def folder_of(pictures: Path, data: Path) -> Path:
    source = open_source(SourceConfig(kind="folder", path=str(pictures)), FacesConfig(), data)
    return data / store_key(source, FacesConfig(resolution_px=32))


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def settled(folder: Path) -> int:
    return len(Ledger(folder).settled_slots()) if folder.exists() else 0


def make_pictures(folder: Path, count: int) -> None:
    write_faces(folder, range(count), 64)
    (folder / "broken.png").write_bytes(encoded(face(1))[:300])
    (folder / "copy.png").write_bytes(encoded(face(0, 64)))


def kill_after(process: subprocess.Popen[bytes], folder: Path, more_than: int, delay_s: float) -> None:
    """Kill the process alone, not its workers, `delay_s` after it has settled more pictures than before."""
    limit = time.monotonic() + 120
    while process.poll() is None and settled(folder) <= more_than and time.monotonic() < limit:
        time.sleep(0.01)
    time.sleep(delay_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.read()  # ends when the last worker has let go of the pipe: none is left behind
    process.stdout.close()


def test_three_kills_leave_no_trace(tmp_path: Path) -> None:
    pictures = tmp_path / "in"
    make_pictures(pictures, 90)
    undisturbed = finish(pictures, tmp_path / "calm")
    assert undisturbed["accepted"] == 90
    data = tmp_path / "killed"
    folder = folder_of(pictures, data)
    for delay_s in (0.0, 0.02, 0.1):
        kill_after(start(pictures, data), folder, settled(folder), delay_s)
    before = settled(folder)
    assert before > 0
    report = finish(pictures, data)
    assert report["decoded"] == 92 - before
    assert content(folder) == content(folder_of(pictures, tmp_path / "calm"))


@pytest.mark.slow
def test_twenty_kills_at_random_moments_leave_no_trace(tmp_path: Path) -> None:
    pictures = tmp_path / "in"
    make_pictures(pictures, 2400)
    started = time.monotonic()
    finish(pictures, tmp_path / "calm")
    duration_s = time.monotonic() - started
    data = tmp_path / "killed"
    folder = folder_of(pictures, data)
    chance = random.Random(0)
    decoded = []
    for kill in range(20):
        process = start(pictures, data)
        before = settled(folder)
        if kill % 4 == 3:  # at any time at all, start-up and the last steps included
            time.sleep(chance.uniform(0.1, 0.4) * duration_s)
            kill_after(process, folder, -1, 0.0)
        else:
            kill_after(process, folder, before, chance.uniform(0.0, 0.15))
        assert settled(folder) >= before
        decoded.append(settled(folder))
    before = settled(folder)
    report = finish(pictures, data)
    print(f"settled after each of 20 kills: {decoded}; the last run decoded {report['decoded']}")
    assert report["decoded"] == 2402 - before
    assert content(folder) == content(folder_of(pictures, tmp_path / "calm"))
