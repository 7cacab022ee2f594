"""How fast the engine is on this machine, in two to three minutes: `python -m tests.benchmarks.speed [--threads N]`.

With one thread (the default) every figure is the process's own CPU time, which other programs disturb little; with more
it is wall time and wants a quiet machine. "Share of peak" counts the multiplications and additions of direct
convolutions, whoever computes them, over the fastest convolution measured in the same run; Winograd and bfloat16 may
pass 100 %.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

import torch
from torch.nn import functional

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.training.hardware import choose_precision
from tests.benchmarks.engine import build_generator, build_trainer

Clock = Callable[[], float]
WIDE, MEDIUM, NARROW = (16384, 512), (4096, 128), (2048, 64)  # channel_base, channel_max
PICTURES = ((64, NARROW), (256, MEDIUM), (64, WIDE), (128, WIDE), (256, WIDE))
TRAINING = ((16, MEDIUM), (32, MEDIUM), (64, MEDIUM), (64, NARROW))
TRAINING_BATCH = 16
DIMS = 512


def seconds(call: Callable[[], object], clock: Clock, budget: float = 1.5) -> float:
    """Fastest of at least three calls, repeated for about `budget` seconds."""
    call()
    samples: list[float] = []
    end = time.perf_counter() + budget
    while len(samples) < 3 or (time.perf_counter() < end and len(samples) < 50):
        start = clock()
        call()
        samples.append(clock() - start)
    return min(samples)


def peak_flops(clock: Clock) -> float:
    """Operations per second of the fastest 3x3 float32 convolution found."""
    best = 0.0
    for n, channels, size in ((8, 512, 16), (8, 256, 32), (4, 128, 64)):
        x = torch.randn(n, channels, size, size).contiguous(memory_format=torch.channels_last)
        weight = torch.randn(channels, channels, 3, 3)
        elapsed = seconds(partial(functional.conv2d, x, weight, padding=1), clock, 0.5)
        best = max(best, 18 * n * channels**2 * size**2 / elapsed)
    return best


def generator_flops(config: NetworkConfig) -> float:
    """Operations of the convolutions of one picture."""
    total = 0.0
    for r in config.resolutions:
        channels = config.channels(r)
        total += 18 * channels**2 * r**2 + 6 * channels * r**2
        total += 18 * config.channels(r // 2) * channels * (r // 2) ** 2 if r > 4 else 0
    return total


def discriminator_flops(config: NetworkConfig) -> float:
    """Operations of the convolutions of one score."""
    total = 6.0 * config.channels(config.resolution) * config.resolution**2
    for r in config.resolutions[1:]:
        inside, outside = config.channels(r), config.channels(r // 2)
        total += 18 * inside**2 * r**2 + (18 + 2) * inside * outside * (r // 2) ** 2
    channels = config.channels(4)
    return total + 18 * (channels + 1) * channels * 16 + 2 * 16 * channels**2


def picture_row(resolution: int, widths: tuple[int, int], clock: Clock, peak: float) -> str:
    """One picture, a batch, and edits of the last block and of the last layer."""
    torch.manual_seed(0)
    engine = build_generator(resolution, *widths)
    config = NetworkConfig(resolution, *widths, z_dim=DIMS, w_dim=DIMS)
    ws = engine.map(torch.randn(1, DIMS))
    one = seconds(partial(engine.synth, ws), clock)
    edits = []
    for first in (config.num_ws - 3, config.num_ws - 2):
        session = engine.edit_session(ws)
        moved = [ws.clone(), ws.clone()]
        moved[1][:, first:] += 0.3
        edits.append(seconds(lambda s=session, m=moved: (s.edit(m[1]), s.edit(m[0])), clock) / 2)
    share = generator_flops(config) / one / peak
    name = f"{resolution} px, {widths[0]}/{widths[1]}"
    figures = " ".join(f"{value * 1e3:>11.1f}" for value in (one, *edits))
    return f"{name:<22} {figures} {1 / one:>9.1f} {share:>7.0%}   {engine.runtime.engine.name}"


def training_row(resolution: int, widths: tuple[int, int], dtype: str, clock: Clock, peak: float) -> str:
    """One whole step, lazy penalties at their intervals."""
    torch.manual_seed(0)
    phases = build_trainer(resolution, *widths, batch=TRAINING_BATCH, dtype=dtype)
    parts = {name: seconds(phase, clock, 1.0) / interval for name, (phase, interval) in phases.items()}
    config = NetworkConfig(resolution, *widths)
    useful = TRAINING_BATCH * (4 * generator_flops(config) + 8 * discriminator_flops(config))
    whole = sum(parts.values())
    name = f"{resolution} px, {widths[0]}/{widths[1]} {dtype}"
    split = ", ".join(f"{phase} {value * 1e3:.0f}" for phase, value in parts.items())
    return (
        f"{name:<26} {TRAINING_BATCH / whole:>9.1f} {1000 * whole / TRAINING_BATCH:>8.1f} {useful / whole / peak:>7.0%}"
        f"   {split} ms a step"
    )


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    threads = parser.parse_args().threads
    torch.set_num_threads(threads)
    clock = time.process_time if threads == 1 else time.perf_counter
    peak = peak_flops(clock)
    print(f"torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, {threads} thread(s), ", end="")
    print(f"{'CPU' if threads == 1 else 'wall'} time; peak {peak / 1e9:.0f} GFLOP/s (3x3 convolution, float32)\n")
    header = ("one, ms", "block, ms", "layer, ms", "images/s", "peak")
    print(f"{'picture':<22} {header[0]:>11} {header[1]:>11} {header[2]:>11} {header[3]:>9} {header[4]:>7}   engine")
    for resolution, widths in PICTURES:
        print(picture_row(resolution, widths, clock, peak), flush=True)
    print("block, layer: an edit of the last block's or the last convolution's style alone\n")
    print(f"{f'training, batch {TRAINING_BATCH}':<26} {'images/s':>9} {'s/kimg':>8} {'peak':>7}")
    fast = choose_precision("auto", torch.device("cpu"))
    precisions = ["float32", *(["bfloat16"] if fast == torch.bfloat16 else [])]
    for resolution, widths in TRAINING:
        for dtype in precisions:
            print(training_row(resolution, widths, dtype, clock, peak), flush=True)
    print("a step: both players, R1 every 16, path length every 4, Adam, moving average; mapping 8 x 512")


if __name__ == "__main__":
    main()
