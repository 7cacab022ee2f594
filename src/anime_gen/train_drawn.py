"""Training on drawn faces and their tags without Kedro: how the shipped model is made on a bare machine with a GPU.

    python -m anime_gen.train_drawn --config conf/shipped/parameters/train.yml --faces 100000 --seed 1 --run runs

The machine needs torch, numpy, pillow, safetensors, and for the sub-models pydantic, pandas, scikit-learn and PyYAML.
"""

import argparse
import multiprocessing
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from anime_gen.attributes import Vocabulary
from anime_gen.images.faces import ArrayFaces
from anime_gen.images.sources.drawn import MIXED, drawing_version, drawn_character
from anime_gen.paths import user_path
from anime_gen.stylegan2.training.command_line import assign, build, read_tree, reported
from anime_gen.stylegan2.training.trainer import train
from anime_gen.stylegan2.training.training_config import TrainingConfig
from anime_gen.tagging.classifiers.soft_tags import conditioned, stated_tags
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tagging.targets import targets_of_labels

CHUNK = 256  # faces a task


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw what is missing, then train or continue; the exit code is that of `python -m anime_gen.stylegan2`."""
    parser = argparse.ArgumentParser(prog="python -m anime_gen.train_drawn", description=__doc__.split("\n")[0])
    parser.add_argument("--config", type=user_path, required=True, metavar="FILE", help="settings as in train.yml")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one setting more")
    parser.add_argument(
        "--attributes", type=user_path, default=Path("conf/base/parameters/attributes.yml"), metavar="FILE"
    )
    parser.add_argument(
        "--taggers",
        type=user_path,
        nargs="+",
        default=[Path("data/06_models/shipped/taggers")],
        metavar="FOLDER",
        help="sub-models that read along; those of several folders take turns (the shipped ones)",
    )
    parser.add_argument("--faces", type=int, default=40_000, help="how many faces to draw (40000)")
    parser.add_argument("--seed", type=int, default=0, help="of the faces: other than that of those to be judged by")
    parser.add_argument("--run", type=user_path, required=True, metavar="FOLDER", help="where faces and runs are kept")
    parser.add_argument("--draw-only", action="store_true", help="draw the faces and stop")
    options = parser.parse_args(arguments)
    return reported(lambda: _train(options))


def _train(options: argparse.Namespace) -> int:
    tree = read_tree(options.config)
    for setting in options.set:
        assign(tree, setting)
    config: TrainingConfig = build(TrainingConfig, tree, "")
    taggers = [Tagger.load(folder) for folder in options.taggers]
    entries = read_tree(options.attributes)["attributes"]
    vocabulary = Vocabulary.parse(entries).subset(taggers[0].vocabulary.keys())
    faces, values = drawn_faces(options.run, vocabulary, options.faces, options.seed, config.network.resolution)
    if options.draw_only:
        return 0
    columns = dict(zip(vocabulary, values.T, strict=True))
    given = conditioned(vocabulary, config.tags.left_out)
    for folder, tagger in zip(options.taggers, taggers, strict=True):
        if unread := set(given) - set(tagger.vocabulary):
            raise ValueError(f"--taggers: the sub-models of {folder} do not read {min(unread)}")
    key = " ".join(str(folder) for folder in options.taggers)
    tags = stated_tags(given, taggers, key, {name: columns[name] for name in given})
    result = train(config, faces, options.run, tags=tags)
    print(f"{result.images_seen:,} images in {result.seconds:,.0f} s: {result.generator_path}")
    return 0


def drawn_faces(
    folder: Path, vocabulary: Vocabulary, count: int, seed: int, size_px: int
) -> tuple[ArrayFaces, np.ndarray]:
    """`count` faces of `size_px` pixels, memory-mapped, and their attributes [count, len(vocabulary)].

    Attributes are numbers as in `Targets` (NaN: cannot be seen). Both are kept in `folder` and made once; drawing uses
    every core. Characters are those of a drawn source with the split `mixed`.
    """
    name = f"drawn-{seed}-{count}-{size_px}px-{drawing_version()}"
    pictures_path, values_path = folder / f"{name}.npy", folder / f"{name}-{vocabulary.version[:8]}.npy"
    if not values_path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        shape = (count, size_px, size_px, 3)
        np.lib.format.open_memmap(pictures_path, mode="w+", dtype=np.uint8, shape=shape).flush()
        draw = partial(_draw, pictures_path, vocabulary.dump(), seed, size_px)
        ranges = [range(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
        # spawn, not fork: torch has threads that a fork would freeze
        with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
            bar = tqdm(pool.map(draw, ranges), total=len(ranges), desc="drawing", file=sys.stderr, mininterval=5.0)
            values = np.concatenate(list(bar))
        np.save(values_path, values)
    return ArrayFaces(np.load(pictures_path, mmap_mode="r"), fingerprint=name), np.load(values_path)


def _draw(path: Path, vocabulary: dict[str, object], seed: int, size_px: int, numbers: range) -> np.ndarray:
    """Draw some characters into their rows of the file; their attributes [len(numbers), k]."""
    from anime_gen.drawing import render

    pictures = np.load(path, mmap_mode="r+")
    labels = []
    for number in numbers:
        character = drawn_character(seed, MIXED, number)
        pictures[number] = render(character, size_px)
        labels.append(character.labels())
    targets = targets_of_labels(labels, Vocabulary.parse(vocabulary))
    unknown = np.full(len(labels), np.nan)
    return np.stack([targets.values.get(name, unknown) for name in targets.vocabulary], axis=1)


if __name__ == "__main__":
    sys.exit(main())
