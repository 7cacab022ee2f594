"""How well do sub-models taught on one hand's drawings read another's, and how fast?

    python -m tests.benchmarks.transfer --taggers data/06_models/shipped/taggers

prints each attribute's macro-F1 or R-squared and its calibration error on faces of a seed that no run trains on: in the
usual style, and in the split ``other_style``, where line weight, shading and proportions differ.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch

from anime_gen.drawing import render_many, sample_characters
from anime_gen.evaluation.progress_bar import bar
from anime_gen.tagging.classifiers.metrics import calibration_error, quality, quality_name
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tagging.classifiers.training import as_float, raw_outputs
from anime_gen.tagging.targets import targets_of_labels

SEED = 9_950_000
SPLITS = ("default", "other_style")


def measure(tagger: Tagger, split: str, count: int, resolution: int) -> dict[str, dict[str, float | str]]:
    """Figures by attribute on `count` fresh faces of a split."""
    characters = sample_characters(count, SEED, split)
    drawn = zip(bar(characters, f"drawing {split}"), render_many(characters, resolution), strict=True)
    images = torch.from_numpy(np.stack([picture for _, picture in drawn])).permute(0, 3, 1, 2)
    targets = targets_of_labels([character.labels() for character in characters], tagger.vocabulary)
    figures: dict[str, dict[str, float | str]] = {}
    for model in tagger.sub_models.values():
        truth = torch.from_numpy(np.stack([targets.values[a.name] for a in model.attributes], axis=1)).float()
        for name, judged in model.judge(raw_outputs(model.network, images), truth).items():
            figures[name] = {
                "figure": quality_name(judged.attribute),
                "value": quality(judged),
                "ece": calibration_error(judged.confidence, judged.right),
                "abstained": float(judged.abstained.mean()),
            }
    return figures


def faces_per_second(tagger: Tagger, resolution: int, batch: int = 256, rounds: int = 4) -> float:
    """All sub-models together, the best of a few batches, wall time."""
    images = as_float(torch.randint(0, 256, (batch, 3, resolution, resolution), dtype=torch.uint8), torch.device("cpu"))
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        tagger.tags(images)
        best = min(best, time.perf_counter() - start)
    return batch / best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--taggers", type=Path, default=Path("data/06_models/shipped/taggers"))
    parser.add_argument("--count", type=int, default=1500, help="faces of each split")
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--out", type=Path, help="write the figures there as JSON")
    wish = parser.parse_args()
    tagger = Tagger.load(wish.taggers)
    results = {split: measure(tagger, split, wish.count, wish.resolution) for split in SPLITS}
    print(f"{'':<16}{'':<9}" + "".join(f"{split + ' (ECE, abstained)':>34}" for split in SPLITS))
    for name in tagger.vocabulary:
        cells = [results[split][name] for split in SPLITS]
        shown = "".join(f"{c['value']:>16.3f} ({c['ece']:.3f}, {c['abstained']:>6.1%})" for c in cells)
        print(f"{name:<16}{cells[0]['figure']:<9}{shown}")
    for kind in ("macro_f1", "r2"):
        means = [np.mean([c["value"] for c in results[s].values() if c["figure"] == kind]) for s in SPLITS]
        print(f"mean {kind}: " + ", ".join(f"{split} {mean:.3f}" for split, mean in zip(SPLITS, means, strict=True)))
    for split in SPLITS:
        errors = [float(c["ece"]) for c in results[split].values()]
        print(f"calibration error, {split}: mean {np.mean(errors):.3f}, worst {max(errors):.3f}")
    print(f"{faces_per_second(tagger, wish.resolution):.0f} faces/s, all sub-models, {torch.get_num_threads()} threads")
    if wish.out:
        wish.out.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
