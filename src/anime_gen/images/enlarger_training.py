"""How the enlarger is taught: `python -m anime_gen.images.enlarger_training`, about a quarter of an hour on one core.

Drawn faces averaged down to 32, 64 and 128 px are the input, the same faces at twice the side the aim: the generator
learns from pictures averaged down in the same way. Half of the inputs get a little noise, as generated ones have it.
"""

import argparse
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch.nn import functional

from anime_gen.drawing import SPLITS, render_many, sample_characters
from anime_gen.images.enlarger import WEIGHTS, Enlarger, enlarge
from anime_gen.images.faces import area_average

CROP, BATCH = 32, 32  # of the input
NOISE = 0.04
EDGE = 1.0  # weight of differences between neighbours, which make a line crisp
FULL_PX = 256
SEED = 7003  # no training set of faces uses it


def drawn(count: int, seed: int) -> np.ndarray:
    """Faces of all splits uint8 [count, 256, 256, 3]."""
    each = math.ceil(count / len(SPLITS))
    characters = [character for split in SPLITS for character in sample_characters(each, seed, split)]
    return np.stack(list(render_many(characters, FULL_PX)))[:count]


def train(faces: np.ndarray, steps: int) -> Enlarger:
    """An enlarger taught on crops of `faces` [n, 256, 256, 3]."""
    from tqdm import tqdm

    torch.manual_seed(SEED)
    random = np.random.default_rng(SEED)
    network: Enlarger = Enlarger().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.9, 0.99))
    sizes = {side: area_average(faces, side) for side in (FULL_PX, FULL_PX // 2, FULL_PX // 4, FULL_PX // 8)}
    for step in tqdm(range(steps), desc="enlarger", file=sys.stderr, mininterval=5.0):
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * (0.5 + 0.5 * math.cos(math.pi * step / steps)) + 1e-5
        side = int(random.choice([32, 64, 64, 128]))
        small, large = _crops(sizes[side], sizes[2 * side], random)
        noisy = small + NOISE * torch.rand(BATCH, 1, 1, 1) * torch.randn_like(small) * (
            torch.rand(BATCH, 1, 1, 1) < 0.5
        )
        made = network(noisy.contiguous(memory_format=torch.channels_last))
        loss = functional.l1_loss(made, large) + EDGE * sum(
            functional.l1_loss(made.diff(dim=dim), large.diff(dim=dim)) for dim in (2, 3)
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return network


def _crops(small: np.ndarray, large: np.ndarray, random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    rows = random.integers(len(small), size=BATCH)
    places = random.integers(small.shape[1] - CROP + 1, size=(BATCH, 2))
    inputs = np.stack([small[r, y : y + CROP, x : x + CROP] for r, (y, x) in zip(rows, places, strict=True)])
    aims = np.stack(
        [large[r, 2 * y : 2 * (y + CROP), 2 * x : 2 * (x + CROP)] for r, (y, x) in zip(rows, places, strict=True)]
    )
    first, second = (torch.from_numpy(part).permute(0, 3, 1, 2).float() / 127.5 - 1.0 for part in (inputs, aims))
    return first, second


def psnr(made: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal to noise in decibels of uint8 pictures."""
    error = np.mean((made.astype(np.float64) - truth.astype(np.float64)) ** 2)
    return float(10 * np.log10(255.0**2 / error))


def main() -> None:
    """Teach, save, and print how near enlarged faces come to those drawn large, beside a Lanczos filter."""
    parser = argparse.ArgumentParser(prog="python -m anime_gen.images.enlarger_training", description=__doc__)
    parser.add_argument("--faces", type=int, default=3000)
    parser.add_argument("--steps", type=int, default=8_000)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    network = train(drawn(options.faces, SEED), options.steps)
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, options.out)
    if options.out == WEIGHTS:
        from PIL import Image

        truth = drawn(60, SEED + 1)
        small = area_average(truth, 64)
        ours = np.stack([enlarge(face, FULL_PX) for face in small])
        filtered = np.stack(
            [np.asarray(Image.fromarray(f).resize((FULL_PX, FULL_PX), Image.Resampling.LANCZOS)) for f in small]
        )
        print(f"64 -> 256 px: network {psnr(ours, truth):.2f} dB, Lanczos {psnr(filtered, truth):.2f} dB")


if __name__ == "__main__":
    main()
