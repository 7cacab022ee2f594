"""How fast ingestion is: `python -m tests.benchmarks.ingest [--archive pictures.zip] [--count 16000]`.

Times the first ingest of an archive, the second (nothing to do), one more picture, and random reads from the store.
Without an archive it makes one of simple faces, 96 px JPEG. Prints one JSON line; CPU seconds tell what a busy machine
hides.
"""

import argparse
import io
import json
import resource
import shutil
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from anime_gen.images import FacesConfig, FaceStore, SourceConfig
from anime_gen.images.ingest import ingest
from tests.images.pictures import ATTRIBUTES, encoded, face


def make_archive(path: Path, count: int) -> None:
    """`count` faces of 96 px; beyond the first 500 only their noise differs, which is cheaper to make."""
    faces = [np.asarray(face(number, 96)) for number in range(min(count, 500))]
    chance = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number in range(count):
            turned = np.roll(faces[number % len(faces)], number // len(faces) * 5, axis=(0, 1)).astype(int)
            noisy = np.clip(turned + chance.integers(-20, 21, (*turned.shape[:2], 1)), 0, 255).astype(np.uint8)
            buffer = io.BytesIO()
            Image.fromarray(noisy).save(buffer, "JPEG", quality=90)
            archive.writestr(f"faces/{number:06d}.jpg", buffer.getvalue())


def cpu_seconds() -> float:
    own, workers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + workers.ru_utime + workers.ru_stime


def timed_ingest(archive: Path, data: Path, resolution: int) -> dict[str, float]:
    config = SourceConfig(kind="archive", path=str(archive))
    wall, cpu = time.monotonic(), cpu_seconds()
    done = ingest(config, FacesConfig(resolution_px=resolution, min_accepted=1), ATTRIBUTES, data)
    keys = ("seen", "accepted", "duplicates", "near_duplicates", "decoded")
    seconds = {"wall_s": round(time.monotonic() - wall, 2), "cpu_s": round(cpu_seconds() - cpu, 2)}
    return {**{key: done.report[key] for key in keys}, **seconds}


def read_rate(store: FaceStore, seconds: float = 2.0) -> float:
    """Faces a second, in random batches of 64."""
    chance = np.random.default_rng(0)
    started, faces = time.monotonic(), 0
    while time.monotonic() - started < seconds:
        faces += len(store.read(chance.integers(0, len(store), 64)))
    return faces / (time.monotonic() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", type=Path)
    parser.add_argument("--count", type=int, default=16_000)
    parser.add_argument("--resolution", type=int, default=64)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        archive = data / "faces.zip"
        if chosen.archive is not None:
            shutil.copyfile(chosen.archive, archive)
        else:
            make_archive(archive, chosen.count)
        result: dict[str, object] = {"first": timed_ingest(archive, data, chosen.resolution)}
        result["again"] = timed_ingest(archive, data, chosen.resolution)
        with zipfile.ZipFile(archive, "a") as more:
            more.writestr("faces/one_more.png", encoded(face(123_456, 96)))
        result["one more"] = timed_ingest(archive, data, chosen.resolution)
        stores = [path.parent for path in data.rglob("store.json")]
        result["faces read a second"] = round(read_rate(FaceStore(stores[0])))
        peaks = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        result["peak MiB of this process, of a worker"] = [round(peak / 1024) for peak in peaks]
        print(json.dumps(result))


if __name__ == "__main__":
    main()
