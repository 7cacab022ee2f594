"""How fast faces are drawn: `python tests/benchmarks/drawing.py [--faces 1000] [--workers 2] [--json FILE]`.

CPU milliseconds a face in one process hardly depend on what else the machine does; faces a second over processes,
their start included, do.
The aims: at least 150 faces/s at 64 px and 40 faces/s at 256 px on two cores (at most 13 and 50 ms a face).
"""

import argparse
import json
import os
import time
from pathlib import Path

from anime_gen.drawing import Character, render, render_many, sample_characters

SIZES_PX = (64, 128, 256)
AIMS_PER_SECOND = {64: 150.0, 256: 40.0}


def cpu_ms(characters: list[Character], size_px: int) -> float:
    """CPU milliseconds a face, best of three passes."""
    render(characters[0], size_px)
    passes = []
    for _ in range(3):
        start = time.process_time()
        for character in characters:
            render(character, size_px)
        passes.append(1000.0 * (time.process_time() - start) / len(characters))
    return min(passes)


def faces_per_second(characters: list[Character], size_px: int, workers: int) -> float:
    """Faces a second over processes, their start included."""
    start = time.perf_counter()
    drawn = sum(1 for _ in render_many(characters, size_px, workers))
    return drawn / (time.perf_counter() - start)


def main() -> None:
    """Measure and print; optionally keep the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    characters = sample_characters(options.faces, seed=1)
    start = time.process_time()
    sample_characters(options.faces, seed=2)
    figures: dict[str, float] = {"sampling_ms": 1000.0 * (time.process_time() - start) / options.faces}
    for size_px in SIZES_PX:
        figures[f"cpu_ms_{size_px}"] = cpu_ms(characters[:100], size_px)
        figures[f"faces_per_second_{size_px}"] = faces_per_second(characters, size_px, options.workers)
    figures["load_average"] = os.getloadavg()[0]
    for name, value in figures.items():
        aim = AIMS_PER_SECOND.get(int(name.rsplit("_", 1)[1])) if name.startswith("faces") else None
        print(f"{name:24} {value:8.2f}" + (f"   (aim {aim:g} on two free cores)" if aim else ""))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
