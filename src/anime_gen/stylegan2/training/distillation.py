"""A smaller generator that draws what a larger one draws, averaged down.

A line that is thinner than a pixel is learnt more easily where it is wider: faces trained at 256 px and averaged down
are truer at 64 px than faces trained there (docs/measurements.md), but take twice as long to draw. The student has the
teacher's own lower blocks and mapping network, so latents, tags and seeds stay what they were; only its synthesis is
taught, by regression on the teacher's pictures (Aguinaldo et al. 2019, "Compressing GANs using knowledge distillation",
section 3.1), on their pixels and on differences between neighbours, which keep outlines crisp.
"""

import math
import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch.nn import functional

from anime_gen.stylegan2.networks.condition import ConditionNetwork
from anime_gen.stylegan2.networks.generator import Generator
from anime_gen.stylegan2.networks.weights import load_generator
from anime_gen.stylegan2.networks.widening import widen
from anime_gen.stylegan2.streams import stream
from anime_gen.stylegan2.training.ema import ema_beta, update_ema
from anime_gen.stylegan2.training.hardware import choose_precision

BATCH = 16
LEARNING_RATE = 1e-3
WARM_UP = 30
"""Steps in which the rate rises; then it falls as a cosine to a hundredth."""
EMA_HALFLIFE_IMAGES = 100
PSI = (0.45, 1.05)
"""Truncations that the student sees; the page shows 0 to 1, most at 0.7."""
SWAPPED, SWAPPED_SHARE = 0.5, 0.15
"""This share of characters has this share of its tags from another one: what an artist's moves come to."""


def distil(teacher_path: Path, resolution: int, images: int, seed: int = 0) -> Generator:
    """A generator of `resolution` pixels, taught on `images` characters of the one in `teacher_path`.

    Its card is the teacher's, with `distilled` saying from what and how well: `psnr` in decibels over the last tenth of
    the images. Raises ValueError unless 4 <= resolution < the teacher's and it is a power of two, and images >= 16.
    """
    teacher = load_generator(teacher_path)
    large = teacher.config.resolution
    if resolution not in teacher.config.resolutions or resolution == large:
        raise ValueError(f"resolution is {resolution}; it must be a power of two from 4 to {large // 2}")
    if images < BATCH:
        raise ValueError(f"images is {images}; it must be at least {BATCH}")
    student = lower_blocks(teacher, resolution)
    psnr = _teach(student, teacher, images // BATCH, seed)
    student.card = teacher.card | {"distilled": {"from_px": large, "images": images // BATCH * BATCH, "psnr": psnr}}
    return student.eval().requires_grad_(False)


def lower_blocks(teacher: Generator, resolution: int) -> Generator:
    """The teacher's blocks up to `resolution`, mapping network and table of tags included."""
    student = Generator(replace(teacher.config, resolution=resolution))
    tensors = teacher.state_dict()
    widen(student, tensors, teacher.config)
    if student.mapping.tags is not None and teacher.mapping.tags is not None:
        student.mapping.tags.load_state_dict(teacher.mapping.tags.state_dict())
    return student


def _teach(student: Generator, teacher: Generator, steps: int, seed: int) -> float:
    """Teach the synthesis network, leave its moving average in it, and return the mean psnr towards the end."""
    from tqdm import tqdm

    dtype = choose_precision("auto", torch.device("cpu"))
    factor = teacher.config.resolution // student.config.resolution
    student.requires_grad_(False)
    weights = list(student.synthesis.requires_grad_(True).parameters())
    average = [weight.detach().clone() for weight in weights]
    optimiser = torch.optim.Adam(weights, lr=LEARNING_RATE, betas=(0.9, 0.99))
    psnr = []
    bar = tqdm(range(steps), desc="distilling", unit="step", file=sys.stderr, mininterval=5.0)
    for step in bar:
        for group in optimiser.param_groups:
            group["lr"] = _rate(step, steps)
        ws = _latents(teacher, seed, step)
        with torch.no_grad():
            noise = stream(seed, "distil-noise", step)
            whole = teacher.synthesis(ws, "random", noise, dtype=dtype).clamp(-1.0, 1.0)
            aim = functional.avg_pool2d(whole, factor)
        noise = stream(seed, "distil-noise", step)  # the same again: blocks draw theirs in order, from the lowest on
        made = student.synthesis(ws[:, : student.num_ws], "random", noise, dtype=dtype)
        loss = functional.l1_loss(made, aim)
        for dim in (2, 3):
            loss = loss + functional.l1_loss(made.diff(dim=dim), aim.diff(dim=dim))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        beta = ema_beta(step * BATCH, BATCH, EMA_HALFLIFE_IMAGES, 1.0)
        for kept, weight in zip(average, weights, strict=True):
            update_ema(kept, weight.detach(), beta)
        psnr.append(10.0 * math.log10(4.0 / max(float(functional.mse_loss(made.detach(), aim)), 1e-12)))
        bar.set_postfix_str(f"{psnr[-1]:.1f} dB", refresh=False)
    with torch.no_grad():
        for kept, weight in zip(average, weights, strict=True):
            weight.copy_(kept)
    last = psnr[-max(1, steps // 10) :]
    return round(sum(last) / len(last), 2)


def _rate(step: int, steps: int) -> float:
    falling = 0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * step / steps))
    return LEARNING_RATE * min(1.0, (step + 1) / WARM_UP) * falling


@torch.no_grad()
def _latents(teacher: Generator, seed: int, step: int) -> torch.Tensor:
    """Ws [BATCH, num_ws, w_dim] of characters as they are and as they may be edited."""
    random = stream(seed, "distil", step)
    z = torch.randn(BATCH, teacher.config.z_dim, generator=random)
    psi = PSI[0] + (PSI[1] - PSI[0]) * float(torch.rand((), generator=random))
    network = teacher.mapping.tags
    tags = None if network is None else _tags(network, random)
    ws: torch.Tensor = teacher.mapping(z, psi, None, tags)
    return ws


def _tags(network: ConditionNetwork, random: torch.Generator) -> torch.Tensor:
    """Tags [BATCH, k] of the table, some with columns of another row."""
    own, others = (network.row(torch.randint(len(network.rows), (BATCH,), generator=random)) for _ in range(2))
    chosen = torch.rand(BATCH, 1, generator=random) < SWAPPED
    return torch.where(chosen & (torch.rand(own.shape, generator=random) < SWAPPED_SHARE), others, own)
