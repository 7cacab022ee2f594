"""Kill a small run at many moments and compare its final weights with an uninterrupted run's, byte for byte.

    python -m tests.stylegan2.training.killing --kills 50

Half of the kills come at a random moment, the others inside the writing of a checkpoint: the child is told the number
of the file operation before which it has to kill itself with SIGKILL.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from anime_gen.stylegan2.training import checkpoint
from anime_gen.stylegan2.training.checkpoint import list_checkpoints
from anime_gen.stylegan2.training.trainer import train
from anime_gen.stylegan2.training.training_config import GrowthConfig, StageConfig, TrainingConfig
from tests.stylegan2.conftest import faces, tiny_config

ROOT = Path(__file__).parents[3]
WRITES = ("write_tensors", "save_network", "file_sha256", "sync", "_point", "_prune")


def config(resolution: int) -> TrainingConfig:
    """The tiny run, or one of 32 px that takes a few seconds more."""
    base = tiny_config()
    if resolution == 16:
        return base
    stages = (StageConfig(8, 0, 64, 8), StageConfig(16, 32, 64, 8), StageConfig(32, 64, 128, 8))
    return replace(base, network=replace(base.network, resolution=32), growth=GrowthConfig(stages=stages))


def die_before(number: int) -> None:
    """From now on, this process kills itself before the given file operation of a checkpoint, counted from 1."""
    done = 0

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal done
            done += 1
            if done == number:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **named)

        return call

    for name in WRITES:
        setattr(checkpoint, name, counted(getattr(checkpoint, name)))


def child(folder: Path, resolution: int, kill_before: int) -> None:
    """Train until the end, or until the given file operation."""
    torch.set_num_threads(1)
    if kill_before:
        die_before(kill_before)
    train(config(resolution), faces(resolution=resolution), folder)


def start(folder: Path, resolution: int, kill_before: int = 0) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.stylegan2.training.killing", "--child", str(folder)]
    command += ["--resolution", str(resolution), "--kill-before", str(kill_before)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)


def final_bytes(folder: Path, resolution: int) -> bytes:
    newest = list_checkpoints(folder / config(resolution).fingerprint())[0]
    return (newest / "state.safetensors").read_bytes()


def kill_once(folder: Path, resolution: int, draw: random.Random, length: float, at_write: bool) -> None:
    """Start the run and kill it; one that ends before its kill does not count and is started anew."""
    share = 1.0
    while True:
        process = start(folder, resolution, kill_before=draw.randint(1, int(60 * share)) if at_write else 0)
        if not at_write:
            try:
                process.wait(timeout=draw.uniform(0.2, 0.9) * share * length)
            except subprocess.TimeoutExpired:
                process.kill()
        if process.wait() == -signal.SIGKILL:
            return
        shutil.rmtree(folder)
        share *= 0.8


def prove(kills: int, resolution: int, seed: int = 0) -> int:
    """Kill `kills` runs, let each finish, and return how many ended with the same bytes."""
    draw = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        whole = Path(place) / "whole"
        began = time.monotonic()
        assert start(whole, resolution).wait() == 0
        length = time.monotonic() - began
        expected, equal = final_bytes(whole, resolution), 0
        for number in range(kills):
            folder = Path(place) / f"kill-{number}"
            kill_once(folder, resolution, draw, length, at_write=number % 2 == 1)
            assert start(folder, resolution).wait() == 0
            equal += final_bytes(folder, resolution) == expected
            shutil.rmtree(folder)
        print(f"{kills} runs killed; {equal} ended with the bytes of the uninterrupted run")
    return equal


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--resolution", type=int, default=32, choices=(16, 32))
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--kill-before", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        child(options.child, options.resolution, options.kill_before)
    else:
        sys.exit(prove(options.kills, options.resolution) != options.kills)
