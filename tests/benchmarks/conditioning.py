"""What tags in training are worth: five ways to train, equal CPU seconds, drawn faces at 32 px.

    python -m tests.benchmarks.conditioning --seconds 240 --seeds 0 1

trains each configuration from nothing, judges the averaged generator by the measurer (on faces that none of them saw,
by the report of the evaluate stage), and writes `conditioning.json` and `conditioning.png` to --out. Whatever is there
is not done again: a benchmark that was cut short goes on where it stopped.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from anime_gen.attributes import Vocabulary
from anime_gen.drawing import render_many, sample_characters
from anime_gen.evaluation.config import MeasurerConfig, QualityConfig
from anime_gen.evaluation.generator_quality import judge_generator
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.measurer_training import ensure_measurer
from anime_gen.evaluation.progress_bar import bar
from anime_gen.evaluation.statistics import known_mean
from anime_gen.images.faces import ArrayFaces, Faces, area_average
from anime_gen.stylegan2 import load_generator
from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.training.checkpoint import list_checkpoints
from anime_gen.stylegan2.training.tag_set import TagSet
from anime_gen.stylegan2.training.training_config import (
    GrowthConfig,
    LossConfig,
    OptimConfig,
    RunConfig,
    StageConfig,
    TagConfig,
    TrainingConfig,
)
from anime_gen.tagging.classifiers.soft_tags import training_tags
from anime_gen.tagging.classifiers.tagger import Tagger
from tests.benchmarks.quality import run_for

RESOLUTION = 32
SPLITS = ("default", "default", "default", "independent", "independent")  # as source.split: mixed has them
LABELS = {
    "none": "unconditional",
    "quantiles": "+ quantile matching",
    "condition": "conditional",
    "consistency": "+ consistency",
    "counterfactual": "+ counterfactual tags",
}
ROOT = Path(__file__).parents[2]


def configurations(seed: int) -> dict[str, TrainingConfig]:
    """The runs that are compared; each adds one thing to the one before, but for the condition, which takes turns."""
    endless = 10**7
    base = TrainingConfig(
        seed=seed,
        network=NetworkConfig(RESOLUTION, channel_base=2048, channel_max=64, z_dim=256, w_dim=256, mapping_layers=4),
        growth=GrowthConfig(False, (StageConfig(RESOLUTION, batch=16),), endless),
        optim=OptimConfig(ema_halflife_images=4000),
        loss=LossConfig(kind="relativistic", r1_gamma=2.0, r2_gamma=2.0, style_mixing=0.0),
        tags=TagConfig(consistency=0.0, counterfactual=0.0),
        run=RunConfig(
            device="cpu", threads=1, tick_images=256, grid_images=endless, checkpoint_images=10**6, keep_checkpoints=1
        ),
    )
    given = replace(base, condition="tags")
    return {
        "none": base,
        "quantiles": replace(base, tags=replace(base.tags, quantiles=2.0)),
        "condition": given,
        "consistency": replace(given, tags=replace(base.tags, consistency=TagConfig().consistency)),
        "counterfactual": replace(given, tags=TagConfig()),
    }


def drawn(folder: Path, count: int, seed: int) -> tuple[np.ndarray, pd.DataFrame]:
    """uint8 faces at 32 px, averaged from 64 px, and an index with all their labels; drawn once."""
    path = folder / f"faces-{count}-{seed}"
    if not path.with_suffix(".parquet").is_file():
        characters = [sample_characters(1, seed, SPLITS[i % 5], start=i)[0] for i in range(count)]
        pictures = list(bar(render_many(characters, 2 * RESOLUTION, workers=1), "drawing faces"))
        np.save(path.with_suffix(".npy"), area_average(np.stack(pictures), RESOLUTION))
        index = pd.DataFrame([character.labels() for character in characters]).add_prefix("label.")
        index.insert(0, "id", [f"face{i}" for i in range(count)])
        index.to_parquet(path.with_suffix(".parquet"))
    return np.load(path.with_suffix(".npy")), pd.read_parquet(path.with_suffix(".parquet"))


def tags_of(index: pd.DataFrame) -> TagSet:
    """Exact tags; the shipped sub-models read."""
    vocabulary = Vocabulary.parse(
        yaml.safe_load((ROOT / "conf/base/parameters/attributes.yml").read_text())["attributes"]
    )
    tagger = Tagger.load(ROOT / "data/06_models/shipped/taggers")
    unread = {f"soft.{column.name}": np.zeros(len(index)) for column in tagger.columns}
    doubtful = {f"{name}.abstained": np.ones(len(index), dtype=bool) for name in tagger.vocabulary}
    return training_tags(vocabulary, tagger, index, pd.DataFrame({"id": index["id"]} | unread | doubtful), ())


def judged(folder: Path, measurer: Measurer, train: Faces, held_out: np.ndarray, samples: int) -> dict[str, Any]:
    """Figures of the newest checkpoint of the one run in `folder`."""
    checkpoint = list_checkpoints(next(path for path in folder.iterdir() if path.is_dir()))[0]
    config = QualityConfig(samples=samples, truncations=[], grid=2)
    report, _ = judge_generator(load_generator(checkpoint / "generator.safetensors"), measurer, train, held_out, config)
    swap = report["swap"]
    return {
        "images": int(checkpoint.name.removeprefix("images-")),
        "kid": report["kid"],
        "kid_error": report["kid_standard_error"],
        "spread": report["spread_mean"],
        "obedience": known_mean((report["obedience"] or {}).values()) if report["obedience"] else None,
        "swap_miss": swap and swap["miss_median"],
        "swap_drift": swap and swap["drift_mean"],
        "kid_noise_floor": report["kid_noise_floor"],
    }


def plot(results: dict[str, list[dict[str, Any]]], path: Path) -> None:
    """Four bars charts: KID, spread, obedience, drift of one swapped tag; a dot a seed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    titles = {"kid": "KID", "spread": "mean spread", "obedience": "mean obedience", "swap_drift": "drift, one tag (SD)"}
    for axes, (name, title) in zip(figure.subplots(1, 4, sharey=True), titles.items(), strict=True):
        for place, entries in enumerate(results.values()):
            values = [entry[name] for entry in entries if entry[name] is not None]
            if values:
                axes.barh(place, float(np.mean(values)), color="#7aa6c2")
                axes.plot(values, [place] * len(values), "k.")
        axes.set_title(title)
        axes.set_yticks(range(len(results)), [LABELS[name] for name in results])
        axes.invert_yaxis()
    figure.savefig(path, dpi=110)


def table(results: dict[str, list[dict[str, Any]]]) -> str:
    """Means over the seeds, one row a configuration."""
    lines = ["| configuration | images | KID | spread | obedience | one tag: miss | one tag: drift |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for name, entries in results.items():
        cells = [f"{np.mean([entry['images'] for entry in entries]):,.0f}"]
        for key in ("kid", "spread", "obedience", "swap_miss", "swap_drift"):
            values = [entry[key] for entry in entries if entry[key] is not None]
            cells.append(" / ".join(f"{value:.3f}" for value in values) or "-")
        lines.append(f"| {LABELS[name]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=240.0, help="CPU seconds for each run")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--only", nargs="+", choices=list(LABELS), default=list(LABELS), help="these configurations")
    parser.add_argument("--faces", type=int, default=8000, help="drawn faces to train on")
    parser.add_argument("--samples", type=int, default=600, help="generated and held-out faces that are compared")
    parser.add_argument("--measurer", type=Path, help="a measurer's file (default: the shipped one, or a new one)")
    parser.add_argument("--out", type=Path, default=Path("data/08_reporting/conditioning"))
    return parser.parse_args()


def main() -> None:
    options = arguments()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    pictures, index = drawn(out, options.faces, seed=0)
    held_out, _ = drawn(out, options.samples, seed=1)
    faces, tags = ArrayFaces(pictures), tags_of(index)
    measurer = Measurer.load(options.measurer) if options.measurer else ensure_measurer(MeasurerConfig(), progress=bar)
    path = out / "conditioning.json"
    results: dict[str, list[dict[str, Any]]] = json.loads(path.read_text()) if path.is_file() else {}
    for seed in options.seeds:
        for name, config in configurations(seed).items():
            done = results.setdefault(name, [])
            if name not in options.only or any(entry["seed"] == seed for entry in done):
                continue
            run_for(config, faces, out / f"{name}-{seed}", options.seconds, tags)
            done.append({"seed": seed} | judged(out / f"{name}-{seed}", measurer, faces, held_out, options.samples))
            path.write_text(json.dumps(results, indent=1))
            print(f"{LABELS[name]}, seed {seed}: {done[-1]}", flush=True)
    plot(results, out / "conditioning.png")
    print(table(results))


if __name__ == "__main__":
    main()
