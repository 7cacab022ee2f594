"""Command line of the trainer, for a bare machine with torch and nothing else."""

import argparse
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np

from anime_gen.audience import attended
from anime_gen.images.faces import ArrayFaces, Faces
from anime_gen.images.files import write_atomically
from anime_gen.paths import user_path
from anime_gen.stylegan2.training.interruption import TrainingInterruptedError
from anime_gen.stylegan2.training.training_config import TrainingConfig


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 2 refused with a reason, 130 or 143 interrupted and saved."""
    options = build_parser().parse_args(arguments)
    return reported(lambda: int(options.command(options)))


def reported(work: Callable[[], int]) -> int:
    """Do the work of a command and return its exit code; what it says goes to the terminal."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        with attended():
            return work()
    except TrainingInterruptedError as error:
        print(error)
        return error.exit_code
    except (ValueError, FileNotFoundError, OSError, RuntimeError) as error:
        print(f"error: {error}")
        return 2


def build_parser() -> argparse.ArgumentParser:
    """All commands and options."""
    parser = argparse.ArgumentParser(prog="python -m anime_gen.stylegan2", description="Train StyleGAN2 on faces.")
    commands = parser.add_subparsers(required=True)
    train = commands.add_parser("train", help="train, or continue, a run")
    source = train.add_mutually_exclusive_group(required=True)
    source.add_argument("--drawn", type=int, metavar="COUNT", help="train on this many drawn faces")
    source.add_argument("--store", type=user_path, metavar="FOLDER", help="train on a face store that ingest made")
    source.add_argument("--array", type=user_path, metavar="FILE", help="train on a .npy file of uint8 [n, r, r, 3]")
    train.add_argument("--run", type=user_path, required=True, metavar="FOLDER", help="where runs are kept")
    train.add_argument("--config", type=user_path, metavar="FILE", help="settings as JSON or YAML (as in train.yml)")
    train.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="one setting, such as loss.r1_gamma=0.2"
    )
    train.add_argument("--threads", type=int, default=0, help="CPU threads (0: one for small work, else all)")
    train.add_argument("--accept-changed-data", action="store_true", help="continue although the pictures changed")
    train.set_defaults(command=train_command)
    distil = commands.add_parser("distil", help="teach a smaller generator to draw what a larger one draws")
    distil.add_argument("--teacher", type=user_path, required=True, metavar="FILE", help="a generator.safetensors")
    distil.add_argument("--resolution", type=int, required=True, help="of the smaller one: a power of two")
    distil.add_argument("--images", type=int, default=16_000, help="characters that it is taught on (16000)")
    distil.add_argument("--seed", type=int, default=0, help="another one: other characters")
    distil.add_argument("--out", type=user_path, required=True, metavar="FILE", help="the smaller generator")
    distil.set_defaults(command=distil_command)
    return parser


def train_command(options: argparse.Namespace) -> int:
    """Train as the options say and print where the generator lies."""
    from anime_gen.stylegan2.training.trainer import train

    tree = read_tree(options.config) if options.config else {}
    for setting in options.set:
        assign(tree, setting)
    run = tree.setdefault("run", {})
    run["threads"] = options.threads or run.get("threads", 0)
    run["accept_changed_data"] = options.accept_changed_data or run.get("accept_changed_data", False)
    config: TrainingConfig = build(TrainingConfig, tree, "")
    faces = open_faces(options, config.network.resolution)
    print(f"run folder: {options.run / config.fingerprint()}", flush=True)
    result = train(config, faces, options.run)
    print(f"{result.images_seen:,} images in {result.seconds:,.0f} s: {result.generator_path}")
    return 0


def distil_command(options: argparse.Namespace) -> int:
    """Teach a smaller generator and print where it lies."""
    from anime_gen.stylegan2.networks.weights import save_network
    from anime_gen.stylegan2.training.distillation import distil

    student = distil(options.teacher, options.resolution, options.images, options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save_network(student, options.out, student.card)
    print(f"{student.card['distilled']['psnr']} dB to the larger one's pictures: {options.out}")
    return 0


def open_faces(options: argparse.Namespace, resolution: int) -> Faces:
    """The pictures that the options name."""
    if options.store:
        from anime_gen.images.store import FaceStore

        return FaceStore(options.store)
    if options.array:
        return ArrayFaces(np.load(options.array, mmap_mode="r"))
    return drawn_faces(options.drawn, resolution, options.run)


def drawn_faces(count: int, resolution: int, folder: Path) -> Faces:
    """Drawn faces, kept in the folder of the runs so that a continued run need not draw them again."""
    path = folder / f"drawn-{count}-{resolution}px.npy"
    if not path.is_file():
        from anime_gen.drawing import render_many, sample_characters

        print(f"drawing {count:,} faces of {resolution} px ...", flush=True)
        pictures = np.stack(list(render_many(sample_characters(count, seed=0), resolution)))
        write_atomically(path, lambda file: np.save(file, pictures))
    return ArrayFaces(np.load(path, mmap_mode="r"))


def read_tree(path: Path) -> dict[str, Any]:
    """Settings from a JSON or YAML file; a top-level `train:` is entered."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        tree = json.loads(text)
    else:
        import yaml

        tree = yaml.safe_load(text)
    return dict(tree.get("train", tree))


def assign(tree: dict[str, Any], setting: str) -> None:
    """Put `a.b=value` into the tree; the value is JSON, or a plain word."""
    key, separator, text = setting.partition("=")
    if not separator:
        raise ValueError(f"--set takes KEY=VALUE, such as loss.r1_gamma=0.2; it is {setting!r}")
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    *parents, name = key.split(".")
    for parent in parents:
        tree = tree.setdefault(parent, {})
    tree[name] = value


def build(kind: Any, tree: dict[str, Any], path: str) -> Any:
    """Nested frozen dataclasses from nested mappings; an unknown key is a `ValueError` that lists the known ones."""
    hints = get_type_hints(kind)
    known = [field.name for field in fields(kind)]
    values = {}
    for name, value in tree.items():
        if name not in known:
            raise ValueError(f"unknown setting {path}{name}; known here: {', '.join(known)}")
        values[name] = _convert(hints[name], value, f"{path}{name}")
    return kind(**values)


def _convert(kind: Any, value: Any, path: str) -> Any:
    if is_dataclass(kind):
        return build(kind, value, f"{path}.")
    inner = get_args(kind)
    if len(inner) == 2 and inner[1] is Ellipsis and is_dataclass(inner[0]):
        return tuple(build(inner[0], item, f"{path}[{i}].") for i, item in enumerate(value))
    return value
