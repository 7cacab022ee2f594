"""What other programs on the machine cost: training, alone and beside busy processes.

    python -m tests.benchmarks.busy --busy 2

Each figure is wall time, so the machine must be quiet but for the processes that this starts; pictures for each second
of computing say what is lost by waiting rather than by sharing. `torch's own` is how it would be without threads.py.
"""

import argparse
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from anime_gen.images.faces import ArrayFaces
from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.training.growth import Stage
from anime_gen.stylegan2.training.inputs import Inputs
from anime_gen.stylegan2.training.reals import Reals
from anime_gen.stylegan2.training.state import new_state
from anime_gen.stylegan2.training.step import Step
from anime_gen.stylegan2.training.training_config import GrowthConfig, StageConfig, TrainingConfig
from anime_gen.threads import threads, threads_for

BATCH, SIDE = 16, 32


def spin() -> None:
    while True:
        pass


@contextmanager
def neighbours(count: int) -> Iterator[None]:
    """So many processes that never rest."""
    busy = [multiprocessing.get_context("spawn").Process(target=spin, daemon=True) for _ in range(count)]
    for process in busy:
        process.start()
    time.sleep(2.0)
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.join()


def training_rate(count: int, seconds: float) -> tuple[float, float]:
    """Pictures a second of wall time and a second of computing, with this many threads."""
    growth = GrowthConfig(enabled=False, stages=(StageConfig(SIDE, batch=BATCH),))
    config = TrainingConfig(network=NetworkConfig(SIDE), growth=growth)
    cpu = torch.device("cpu")
    noise = np.random.default_rng(0).integers(0, 256, (256, SIDE, SIDE, 3), dtype=np.uint8)
    reals = Reals(ArrayFaces(noise), np.arange(256), SIDE, 0, cpu)
    step = Step(Inputs(config, new_state(config, cpu), cpu, torch.float32))
    stage = Stage(0, SIDE, 0, 0, 10**9, BATCH, 0.002)
    with threads(count):
        step.run(stage, reals)
        seen, wall, computing = step.state.images, time.perf_counter(), time.process_time()
        while time.perf_counter() < wall + seconds:
            step.run(stage, reals)
        seen = step.state.images - seen
        return seen / (time.perf_counter() - wall), seen / (time.process_time() - computing)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--busy", type=int, default=2, help="processes beside")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each figure")
    wish = parser.parse_args()
    own = threads_for(BATCH * NetworkConfig(SIDE).image_cost(SIDE))
    for name, count in (("torch's own", torch.get_num_threads()), ("threads.py", own)):
        quiet = training_rate(count, wish.seconds)
        with neighbours(wish.busy):
            busy = training_rate(count, wish.seconds)
        print(
            f"{name:<12} {count} threads: {quiet[0]:6.1f} pictures/s alone, {busy[0]:6.1f} beside {wish.busy} busy "
            f"processes ({busy[0] / quiet[0]:.0%}); for each second of computing {quiet[1]:.1f} and {busy[1]:.1f}"
        )


if __name__ == "__main__":
    main()
