"""Draw faces from the command line: `python -m anime_gen.drawing --help`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from anime_gen.drawing.attributes import ATTRIBUTES, STORED
from anime_gen.drawing.folder import write_folder
from anime_gen.drawing.sampling import SPLITS, sample_characters
from anime_gen.drawing.sheets import contact_sheet, model_character, sweep

PALETTE_COLOURS = 256


def _save(sheet: NDArray[np.uint8], path: Path, small: bool = False) -> None:
    """Save a sheet as a PNG; `small` keeps 256 colours, which one character in one sweep bears well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(sheet)
    if small:
        picture = picture.quantize(PALETTE_COLOURS, kmeans=4, dither=Image.Dither.NONE)
    picture.save(path, optimize=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m anime_gen.drawing", description="Draw anime faces with exact labels."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    sheet = commands.add_parser("sheet", help="a picture of many faces")
    sheet.add_argument("out", type=Path, help="PNG to write")
    sheet.add_argument("--columns", type=int, default=8)
    folder = commands.add_parser("folder", help="faces, labels.csv and characters.jsonl")
    folder.add_argument("out", type=Path, help="folder to write")
    folder.add_argument("--workers", type=int, help="processes; default one a core")
    for command, size_px in ((sheet, 128), (folder, 256)):
        command.add_argument("--count", type=int, default=64)
        command.add_argument("--seed", type=int, default=0)
        command.add_argument("--split", choices=SPLITS, default="default")
        command.add_argument("--size", type=int, default=size_px, help="side in pixels (default %(default)s)")
    sweeps = commands.add_parser("sweeps", help="a sheet per attribute, from end to end with everything else fixed")
    sweeps.add_argument("out", type=Path, help="folder to write")
    sweeps.add_argument("--size", type=int, default=96, help="side in pixels (default %(default)s)")
    sweeps.add_argument("--steps", type=int, default=8)
    commands.add_parser("attributes", help="the attributes with their allowed values")
    return parser


def _write_sweeps(out: Path, size_px: int, steps: int) -> None:
    model = model_character()
    for name in STORED:
        _save(contact_sheet(sweep(model, name, steps), size_px, steps), out / f"sweep_{name}.png", small=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 2 with a plain sentence when what is asked cannot be drawn."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "attributes":
            for name, spec in ATTRIBUTES.items():
                source = f" (follows from {', '.join(spec.derived_from)})" if spec.derived_from else ""
                print(f"{name:16} {spec.allowed}: {spec.help}{source}")
        elif options.command == "sweeps":
            _write_sweeps(options.out, options.size, options.steps)
        else:
            characters = sample_characters(options.count, options.seed, options.split)
            if options.command == "sheet":
                _save(contact_sheet(characters, options.size, options.columns), options.out)
            else:
                write_folder(characters, options.size, options.out, options.workers)
    except (ValueError, FileExistsError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
