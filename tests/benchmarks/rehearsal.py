"""The mission at its size: an archive like the one a first user brings, and what each stage takes of it.

    python -m tests.benchmarks.rehearsal                         # 71,300 pictures: hours, better on a GPU
    python -m tests.benchmarks.rehearsal --pictures 1000 --images 64 --params train.network.channel_base=512

Answers of the Label page are simulated, as many for each attribute, and every stage of growth trains on as many images.
With --project the folder stays, and the same command goes on where an earlier one was stopped.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from PIL import Image

from anime_gen.drawing import Character, render_many, sample_characters
from anime_gen.labels.exchange import names_of
from anime_gen.labels.store import STORE_NAME, LabelStore, Signature
from anime_gen.project import open_project
from tests.smoke_project import ROOT, fresh_project

JUNK, COPIES = 0.03, 0.02
STAGES = "ingest,tag,train,directions,evaluate,publish"
ENV = "rehearsal"
INTERVAL_S = 0.5  # between two looks at the memory


def characters_of(pictures: int) -> tuple[list[Character | None], np.ndarray]:
    """Who is on each picture, None for junk; and which pictures are copies of the one before. The same every time."""
    random = np.random.default_rng(0)
    kinds = random.random(pictures)
    fresh = int((kinds >= COPIES + JUNK).sum())
    half = fresh // 2
    drawn = [*sample_characters(half, 0), *sample_characters(fresh - half, 0, "other_style")]
    order = iter(random.permutation(fresh))
    who: list[Character | None] = []
    for kind in kinds:
        who.append(drawn[next(order)] if kind >= COPIES + JUNK else who[-1] if kind < COPIES and who else None)
    return who, kinds < COPIES


def write_archive(path: Path, who: list[Character | None], copies: np.ndarray, size_px: int) -> None:
    """Untagged JPEGs in one zip: drawn characters in two styles; junk crops and copies among them."""
    random = np.random.default_rng(1)
    faces = render_many([one for one, copy in zip(who, copies, strict=True) if one and not copy], size_px)
    before = b""
    with zipfile.ZipFile(path.with_suffix(".part"), "w") as archive:
        for number, (one, copy) in enumerate(zip(who, copies, strict=True)):
            if not (copy and before):
                before = _jpeg(Image.fromarray(next(faces)) if one else _junk(random, size_px))
            archive.writestr(_name(number), before)
    path.with_suffix(".part").rename(path)


def _name(number: int) -> str:
    return f"faces/{number:05d}.jpg"


def _junk(random: np.random.Generator, size_px: int) -> Image.Image:
    """What a face detector takes for a face: a flat patch."""
    return Image.new("RGB", (size_px, size_px), tuple(random.integers(0, 256, 3).tolist()))


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()


def answer(data: Path, who: list[Character | None], count: int, attributes: list[str]) -> None:
    """The truth about `count` pictures an attribute, as somebody on the Label page would have given it."""
    ids = names_of(pd.read_parquet(data / "02_intermediate/face_index.parquet"))
    random, store = np.random.default_rng(2), LabelStore(data / STORE_NAME)
    shown = [(ids[_name(number)], one.labels()) for number, one in enumerate(who) if one and _name(number) in ids]
    for attribute in attributes:
        told = [(picture, truth[attribute]) for picture, truth in shown if truth.get(attribute) is not None]
        chosen = [told[row] for row in random.permutation(len(told))[:count]]
        store.answer_each(
            [(attribute, picture, value) for picture, value in chosen], Signature("rehearsal", "random", "")
        )


def prepare(project: Path, env: str, archive: Path, images: int) -> None:
    """An environment of the project that differs in its source and in how long the stages of growth are."""
    train = open_project(project, env).parameters["train"]
    fades = [0 if stage is train["growth"]["stages"][0] else images // 2 for stage in train["growth"]["stages"]]
    stages = [
        stage | {"fade_images": fade, "stable_images": images - fade}
        for stage, fade in zip(train["growth"]["stages"], fades, strict=True)
    ]
    folder = project / "conf" / ENV
    folder.mkdir(exist_ok=True)
    (folder / "globals.yml").write_text(f"builds_on: {env}\n")
    settings = {
        "source": {"kind": "archive", "path": str(archive)},
        "train": {"growth": {"stages": stages, "full_size_images": images}},
    }
    (folder / "parameters.yml").write_text(json.dumps(settings))


def measured(command: list[str], project: Path) -> tuple[float, float]:
    """Seconds and peak MiB of a command and all its processes."""
    environment = {key: value for key, value in os.environ.items() if key not in ("MLFLOW_TRACKING_URI", "KEDRO_ENV")}
    began = time.perf_counter()
    process = psutil.Popen(command, cwd=project, env=environment)
    peak, done = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(INTERVAL_S):
            peak = max(peak, _memory(process))

    watcher = threading.Thread(target=watch)
    watcher.start()
    code = process.wait()
    done.set()
    watcher.join()
    if code:
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return time.perf_counter() - began, peak / 2**20


def _memory(process: psutil.Process) -> int:
    """Bytes of a process and its children; a page that several share counts in parts."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def rehearse(project: Path, options: argparse.Namespace) -> None:
    """Make what is missing of archive and project, run the stages, print the table."""
    if not (project / "conf").is_dir():
        fresh_project(project)
        (project / "data/06_models").mkdir(parents=True)
        (project / "data/06_models/shipped").symlink_to(ROOT / "data/06_models/shipped")
    archive, began = project / "stand_in.zip", time.perf_counter()
    who, copies = characters_of(options.pictures)
    if not archive.is_file():
        write_archive(archive, who, copies, options.size)
    print(f"{options.pictures:,} JPEGs, {_disk(archive):.0f} MiB, {time.perf_counter() - began:.0f} s", flush=True)
    prepare(project, options.env, archive, options.images)
    kedro = [sys.executable, "-m", "kedro", "run", f"--env={ENV}"]
    given = [f"--params={options.params}"] if options.params else []
    rows = []
    for stage in options.stages.split(","):
        rows.append((stage, *measured([*kedro, f"--pipelines={stage}", *given], project), _disk(project / "data")))
        print(_row(rows[-1]), flush=True)
        opened = open_project(project, ENV)
        if stage == "ingest" and options.answers and not (opened.source_folder / STORE_NAME).is_file():
            answer(opened.source_folder, who, options.answers, list(opened.parameters["attributes"]))
    print("\n| stage | seconds | peak MiB | data on disk, MiB |\n| --- | --- | --- | --- |")
    print("\n".join(map(_row, rows)))
    subprocess.run([sys.executable, "-m", "anime_gen", "summary", f"--env={ENV}"], cwd=project, check=False)


def _row(row: tuple[str, float, float, float]) -> str:
    name, seconds, peak, disk = row
    return f"| {name} | {seconds:.0f} | {peak:.0f} | {disk:.0f} |"


def _disk(path: Path) -> float:
    """MiB of a file or of all files below a folder."""
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files) / 2**20


def main() -> None:
    """Rehearse in a folder that goes when all is done, or in the one of --project."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=71_300)
    parser.add_argument("--size", type=int, default=128, help="side of the JPEGs")
    parser.add_argument("--answers", type=int, default=200, help="simulated answers an attribute; 0: none")
    parser.add_argument("--images", type=int, default=2_000, help="of training at each stage of growth")
    parser.add_argument("--env", default="crypko")
    parser.add_argument("--stages", default=STAGES)
    parser.add_argument("--params", default="", help="further settings, as in kedro run")
    parser.add_argument("--project", type=Path, help="folder to keep")
    options = parser.parse_args()
    if options.project:
        options.project.mkdir(parents=True, exist_ok=True)
        rehearse(options.project.resolve(), options)
    else:
        with tempfile.TemporaryDirectory() as place:
            rehearse(Path(place), options)


if __name__ == "__main__":
    main()
