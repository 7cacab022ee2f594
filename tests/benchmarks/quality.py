"""KID over CPU seconds on drawn faces: growth or full size, augmentation or none, which loss.

    python tests/benchmarks/quality.py --seconds 240

trains each configuration for the same CPU time, compares the averaged generator of each checkpoint with drawn faces
none of them saw, and writes `quality.json` and `quality.png` to --out. Whatever is there is not done again: a run that
was cut short goes on where it stopped, and more --seconds continue all runs.
"""

import argparse
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anime_gen.drawing import render_many, sample_characters
from anime_gen.evaluation.config import MeasurerConfig
from anime_gen.evaluation.distances.density_coverage import density_coverage
from anime_gen.evaluation.distances.features import FeatureNetwork, extract
from anime_gen.evaluation.distances.kernel_distance import kernel_distance
from anime_gen.evaluation.distances.vendi import vendi
from anime_gen.evaluation.measurer_training import ensure_measurer
from anime_gen.evaluation.progress_bar import bar
from anime_gen.images.faces import ArrayFaces, area_average
from anime_gen.stylegan2.monitoring.grid import sample, to_uint8
from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.weights import load_generator
from anime_gen.stylegan2.training.growth import schedule
from anime_gen.stylegan2.training.interruption import TrainingInterruptedError
from anime_gen.stylegan2.training.tag_set import TagSet
from anime_gen.stylegan2.training.trainer import train
from anime_gen.stylegan2.training.training_config import (
    AugmentConfig,
    GrowthConfig,
    LossConfig,
    OptimConfig,
    RunConfig,
    StageConfig,
    TrainingConfig,
)

RESOLUTION = 32
LABELS = {
    "growth": "growth, non-saturating, no augmentation",
    "full_size": "full size from the start",
    "ada": "growth, ADA",
    "r3gan": "growth, relativistic loss, R1 + R2",
    "full_r3gan": "full size, relativistic loss, R1 + R2",
}


def configurations(shares: dict[int, int], seed: int, threads: int) -> dict[str, TrainingConfig]:
    """The runs that are compared; `shares` is the images of each stage but the last, which lasts until time is up."""
    endless = 10**7
    stages = (
        StageConfig(8, 0, shares[8], batch=32, learning_rate=0.003),
        StageConfig(16, shares[16] // 4, shares[16], batch=32, learning_rate=0.003),
        StageConfig(RESOLUTION, shares[16] // 4, endless, batch=16, learning_rate=0.0025),
    )
    growth = TrainingConfig(
        seed=seed,
        network=NetworkConfig(RESOLUTION, channel_base=2048, channel_max=64, z_dim=256, w_dim=256, mapping_layers=4),
        growth=GrowthConfig(stages=stages, full_size_images=endless),
        optim=OptimConfig(ema_halflife_images=4000),
        loss=LossConfig(r1_gamma=2.0),
        run=RunConfig(device="cpu", threads=threads, tick_images=256, grid_images=endless, keep_checkpoints=1000),
    )
    full_size = replace(growth, growth=replace(growth.growth, enabled=False))
    relativistic = LossConfig(kind="relativistic", r1_gamma=2.0, r2_gamma=2.0)
    return {
        "growth": growth,
        "full_size": full_size,
        "ada": replace(growth, augment=AugmentConfig(mode="ada")),
        "r3gan": replace(growth, loss=relativistic),
        "full_r3gan": replace(full_size, loss=relativistic),
    }


class CpuClock:
    """CPU seconds of a training by images seen, kept in a file so that a continued run goes on counting."""

    def __init__(self, path: Path, limit: float) -> None:
        self.path, self.limit = path, limit
        self.ticks: list[tuple[int, float]] = json.loads(path.read_text()) if path.is_file() else []
        self.start = time.process_time()
        self.before = self.ticks[-1][1] if self.ticks else 0.0
        self.asked_to_stop = False

    def resume_at(self, images: int) -> None:
        """Drop ticks past the checkpoint that the training goes on from."""
        self.ticks = [tick for tick in self.ticks if tick[0] <= images]
        self.before = self.ticks[-1][1] if self.ticks else 0.0

    def tick(self, images: int, total: int) -> None:
        """Note the time; when it is up, ask the trainer to finish its step and save."""
        seconds = self.before + time.process_time() - self.start
        self.ticks.append((images, seconds))
        self.path.write_text(json.dumps(self.ticks))
        if seconds >= self.limit and not self.asked_to_stop:
            self.asked_to_stop = True  # a second signal ends the process at once
            os.kill(os.getpid(), signal.SIGTERM)

    def at(self, images: int) -> float:
        """CPU seconds after this many images."""
        known = np.array([(0, 0.0), *self.ticks])
        return float(np.interp(images, known[:, 0], known[:, 1]))


def run_for(
    config: TrainingConfig, faces: ArrayFaces, folder: Path, seconds: float, tags: TagSet | None = None
) -> CpuClock:
    """Train until `seconds` of CPU time are used up, earlier sessions included; one run a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = CpuClock(folder / "clock.json", seconds)
    checkpoints = sorted(folder.glob("*/images-*"))
    clock.resume_at(int(checkpoints[-1].name.removeprefix("images-")) if checkpoints else 0)
    if clock.before < 0.98 * seconds:
        with suppress(TrainingInterruptedError):  # time was up: all is saved
            train(config, faces, folder, on_progress=clock.tick, tags=tags)
    return clock


def measure_run(
    config: TrainingConfig, folder: Path, clock: CpuClock, network: FeatureNetwork, real: np.ndarray, samples: int
) -> list[dict[str, float]]:
    """Figures of every checkpoint, on the CPU clock; a stage below full size is enlarged."""
    curve = []
    stages = schedule(config.growth)
    for checkpoint in bar(sorted((folder / config.fingerprint()).glob("images-*")), f"measuring {folder.name}"):
        images = int(checkpoint.name.removeprefix("images-"))
        stage = stages.at(max(0, images - 1))
        generator = load_generator(checkpoint / "generator.safetensors")
        made = sample(generator, range(10_000, 10_000 + samples), stage.resolution, stage.alpha(images))
        if stage.resolution < RESOLUTION:
            made = torch.nn.functional.interpolate(made, size=(RESOLUTION, RESOLUTION), mode="bilinear")
        features = extract(network, to_uint8(made))
        kid, near = kernel_distance(real, features), density_coverage(real, features)
        point = {"cpu_seconds": clock.at(images), "images": images, "kid": kid.value, "kid_error": kid.standard_error}
        curve.append(point | {"density": near.density, "coverage": near.coverage, "vendi": vendi(features)})
    return curve


def measure_rates(faces: ArrayFaces, seed: int, threads: int, folder: Path) -> dict[int, float]:
    """Images per CPU second of the two coarse stages, from a run of a few hundred images each."""
    path = folder / "rates.json"
    if path.is_file():
        return {int(size): rate for size, rate in json.loads(path.read_text()).items()}
    rates = {}
    base = configurations({8: 1, 16: 4}, seed, threads)["growth"]
    for size in (8, 16):
        network = replace(base.network, resolution=size)
        growth = GrowthConfig(enabled=False, stages=(StageConfig(size, batch=32),), full_size_images=1024)
        clock = CpuClock(folder / f"rate{size}.json", 1e9)
        train(replace(base, network=network, growth=growth), faces, folder / "rates", on_progress=clock.tick)
        (first, early), (last, late) = clock.ticks[0], clock.ticks[-1]
        rates[size] = (last - first) / max(1e-9, late - early)
    path.write_text(json.dumps(rates))
    return rates


def drawn_faces(folder: Path, train_count: int, held_out: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """uint8 training and held-out faces at 32 px, averaged from 64 px; drawn once."""
    path = folder / f"faces-{train_count}-{held_out}-{seed}.npy"
    if not path.is_file():
        characters = sample_characters(train_count + held_out, seed)
        drawn = zip(bar(characters, "drawing faces"), render_many(characters, 2 * RESOLUTION), strict=True)
        np.save(path, area_average(np.stack([picture for _, picture in drawn]), RESOLUTION))
    pictures = np.load(path)
    return pictures[:train_count], pictures[train_count:]


def plot(result: dict[str, Any], path: Path) -> None:
    """KID over CPU seconds, one line a configuration, the noise floor below."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for name, points in result["runs"].items():
        curve = [point for point in points if point["images"]]  # an untrained network would flatten the rest
        seconds, kid = [p["cpu_seconds"] for p in curve], [p["kid"] for p in curve]
        axes.errorbar(seconds, kid, yerr=[2 * p["kid_error"] for p in curve], marker="o", label=LABELS[name])
    axes.axhline(max(1e-3, result["kid_noise_floor"]), color="0.5", linestyle="--", label="noise floor")
    axes.set_yscale("log")
    axes.set_xlabel(f"CPU seconds ({result['threads']} threads)")
    axes.set_ylabel("KID in our own features")
    axes.set_title(f"Drawn faces at {RESOLUTION} px, {result['faces']:,} for training")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    figure.savefig(path, dpi=110)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One benchmark a folder: two would spoil each other's clock."""
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock", timeout=1):
        yield


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=240.0, help="CPU seconds for each configuration")
    parser.add_argument("--points", type=int, default=8, help="checkpoints measured in each run, about")
    parser.add_argument("--faces", type=int, default=6000, help="drawn faces to train on")
    parser.add_argument("--held-out", type=int, default=1000, help="further ones to compare with")
    parser.add_argument("--samples", type=int, default=1000, help="generated faces for each point")
    parser.add_argument("--only", nargs="+", choices=list(LABELS), default=list(LABELS), help="these configurations")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("data/08_reporting/quality"))
    return parser.parse_args()


def main() -> None:
    options = arguments()
    out: Path = options.out
    with _alone(out):
        pictures, held_out = drawn_faces(out, options.faces, options.held_out, options.seed)
        faces = ArrayFaces(pictures)
        measurer = ensure_measurer(MeasurerConfig(), progress=bar)
        real, floor = extract(measurer, held_out), extract(measurer, pictures[: len(held_out)])
        rates = measure_rates(faces, options.seed, options.threads, out)
        # An eighth of the time at 8 px, a quarter at 16 px, the rest at full size.
        shares = {8: int(rates[8] * options.seconds / 8), 16: int(rates[16] * options.seconds / 4)}
        shares_path = out / "shares.json"  # kept: other lengths would be other runs
        if shares_path.is_file():
            shares = {int(size): images for size, images in json.loads(shares_path.read_text()).items()}
        shares_path.write_text(json.dumps(shares))
        result = {
            "seconds": options.seconds,
            "threads": options.threads,
            "faces": options.faces,
            "samples": options.samples,
            "kid_noise_floor": kernel_distance(real, floor).value,
            "coverage_data": density_coverage(real, floor).coverage,
            "vendi_data": vendi(real[: options.samples]),
            "runs": {},
        }
        for name, run in configurations(shares, options.seed, options.threads).items():
            if name in options.only:
                every = max(512, int(rates[16] / 4 * options.seconds / options.points))
                paced = replace(run, run=replace(run.run, checkpoint_images=every))
                clock = run_for(paced, faces, out / name, options.seconds)
                result["runs"][name] = measure_run(paced, out / name, clock, measurer, real, options.samples)
                (out / "quality.json").write_text(json.dumps(result, indent=1))
                plot(result, out / "quality.png")
                last = result["runs"][name][-1]
                print(f"{LABELS[name]}: {last['images']:,} images, KID {last['kid']:.3f} +- {last['kid_error']:.3f}")
        print(f"noise floor {result['kid_noise_floor']:.3f}; see {out / 'quality.png'}")


if __name__ == "__main__":
    main()
