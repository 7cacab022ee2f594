"""Pictures of a published model by command: `anime_gen generate --seeds 0-15 --set smile=0.8 --out faces`."""

import argparse
import re
from collections.abc import Iterator, Sequence

from anime_gen.paths import user_path

MOST = 100_000


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `generate` may be told."""
    parser.add_argument("--seeds", default="0-15", metavar="0-15", help="characters: 7, or 0-15, or 1,4,9-12")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="an attribute's value, such as smile=0.8"
    )
    parser.add_argument("--psi", type=float, default=0.7, help="0 the average face, 1 as learnt, up to 2 (default 0.7)")
    parser.add_argument("--side", type=int, metavar="PIXELS", help="enlarge to this side")
    parser.add_argument("--model", metavar="FOLDER", help="a bundle's folder, or: shipped (default: the champion)")
    parser.add_argument("--out", type=user_path, required=True, metavar="FOLDER", help="where the PNGs go")


def generate(options: argparse.Namespace) -> int:
    """Write a PNG with its recipe inside for each character; 0 when all are there."""
    from anime_gen.library import open_model

    seeds, wishes = read_seeds(options.seeds), read_wishes(options.set)
    model = open_model(options.model)
    for seed in seeds:
        path = (
            model.random(seed, options.psi).edit(**wishes).save(options.out / f"character-{seed:06d}.png", options.side)
        )
        print(path, flush=True)
    return 0


def read_seeds(text: str) -> list[int]:
    """`1,4,9-12` as numbers; ValueError for anything else."""
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,15})(?:\s*-\s*(\d{1,15}))?\s*", part)
        if match is None:
            raise ValueError(f"--seeds {text!r}: write numbers and ranges of them, such as 7 or 0-15 or 1,4,9-12")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 0 <= last - first < MOST:
            raise ValueError(f"--seeds {part.strip()}: the second number must be the larger one, at most {MOST:,} on")
        seeds.extend(range(first, last + 1))
    return seeds


def read_wishes(settings: Sequence[str]) -> dict[str, float | str]:
    """`smile=0.8`, `hair_color=blue` as values by attribute; the model says whether it has them."""
    return dict(_wishes(settings))


def _wishes(settings: Sequence[str]) -> Iterator[tuple[str, float | str]]:
    for setting in settings:
        name, separator, text = (part.strip() for part in setting.partition("="))
        if not (name and separator and text):
            raise ValueError(f"--set {setting!r}: write NAME=VALUE, such as smile=0.8 or hair_color=blue")
        try:
            yield name, float(text)
        except ValueError:
            yield name, text
