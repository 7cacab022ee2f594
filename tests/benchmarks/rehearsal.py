"""The mission at its size: an archive like the one a first user brings, and what each stage takes of it.

`python -m tests.benchmarks.rehearsal --pictures 71300 --stages ingest,tag,train,directions,evaluate,publish`
"""

import argparse
import io
import os
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from anime_gen.drawing import render_many, sample_characters
from tests.smoke_project import ROOT, fresh_project

JUNK, COPIES = 0.03, 0.02


def write_archive(path: Path, pictures: int, size_px: int) -> None:
    """Untagged JPEGs in one zip: each a drawn character of its own, in two styles; junk crops and copies among them."""
    random = np.random.default_rng(0)
    kinds = random.random(pictures)
    fresh = int((kinds >= COPIES + JUNK).sum()) + 1
    half = fresh // 2
    characters = [*sample_characters(half, 0), *sample_characters(fresh - half, 0, "other_style")]
    faces = render_many([characters[i] for i in random.permutation(fresh)], size_px)
    before = _jpeg(Image.fromarray(next(faces)))
    with zipfile.ZipFile(path, "w") as archive:
        for number, kind in enumerate(kinds):
            if kind >= COPIES + JUNK:
                before = _jpeg(Image.fromarray(next(faces)))
            elif kind >= COPIES:
                before = _jpeg(_junk(random, size_px))
            archive.writestr(f"faces/{number:05d}.jpg", before)


def _junk(random: np.random.Generator, size_px: int) -> Image.Image:
    """What a face detector takes for a face: a flat patch."""
    return Image.new("RGB", (size_px, size_px), tuple(random.integers(0, 256, 3).tolist()))


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()


def measured(project: Path, arguments: list[str]) -> tuple[float, float]:
    """Seconds and peak MiB of a command and all its processes, looked at five times a second."""
    environment = {key: value for key, value in os.environ.items() if key not in ("MLFLOW_TRACKING_URI", "KEDRO_ENV")}
    began = time.perf_counter()
    process = psutil.Popen([sys.executable, "-m", "kedro", *arguments], cwd=project, env=environment)
    peak, done = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.2):
            peak = max(peak, _memory(process))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    done.set()
    watcher.join()
    if code:
        raise SystemExit(f"kedro {' '.join(arguments)} ended with {code}")
    return time.perf_counter() - began, peak / 2**20


def _memory(process: psutil.Process) -> int:
    """Bytes of a process and its children; pages that they share count once, at the parent."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def main() -> None:
    """Make the archive and a fresh project, run the stages, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=71_300)
    parser.add_argument("--size", type=int, default=128, help="side of the JPEGs")
    parser.add_argument("--env", default="crypko")
    parser.add_argument("--stages", default="ingest")
    parser.add_argument("--params", default="", help="further settings, as in kedro run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        project = fresh_project(Path(place))
        (project / "data/06_models").mkdir(parents=True)
        (project / "data/06_models/shipped").symlink_to(ROOT / "data/06_models/shipped")
        archive = project / "stand_in.zip"
        began = time.perf_counter()
        write_archive(archive, options.pictures, options.size)
        rows = [("the archive itself", time.perf_counter() - began, 0.0, _disk(archive))]
        print(f"{options.pictures:,} JPEGs, {_disk(archive):.0f} MiB", flush=True)
        params = ",".join(part for part in (f"source.kind=archive,source.path={archive}", options.params) if part)
        for stage in options.stages.split(","):
            seconds, peak = measured(
                project, ["run", f"--env={options.env}", f"--pipelines={stage}", f"--params={params}"]
            )
            rows.append((stage, seconds, peak, _disk(project / "data")))
        print("| stage | seconds | peak MiB | data on disk, MiB |\n| --- | --- | --- | --- |")
        for name, seconds, peak, disk in rows:
            print(f"| {name} | {seconds:.0f} | {peak:.0f} | {disk:.0f} |")


def _disk(path: Path) -> float:
    """MiB of a file or of all files below a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 2**20


if __name__ == "__main__":
    main()
