"""Differentiable augmentation of what the discriminator sees (DiffAugment, Zhao et al. 2020; ADA, Karras et al. 2020).

One pipeline serves both: every transformation happens to each picture with probability p on its own. Below p of about
0.8 the generator cannot take the augmented look for the true one (ADA, section 2.2). Hue is off by default, since hair
and eye colour are what artists ask for.
"""

import math

import torch
from torch.nn import functional

from anime_gen.stylegan2.training.training_config import AugmentConfig

LUMA = (0.299, 0.587, 0.114)
DRAWS = 22  # uniform numbers per picture


def augment(
    images: torch.Tensor, p: torch.Tensor | float, config: AugmentConfig, generator: torch.Generator
) -> torch.Tensor:
    """Transform images [n, 3, h, w] in [-1, 1]; p = 0 returns them unchanged, bit for bit."""
    draws = torch.rand(images.shape[0], DRAWS, generator=generator, device=images.device)
    happens = draws[:, : DRAWS // 2] < p  # [n, 11]
    amount = draws[:, DRAWS // 2 :] * 2 - 1  # [n, 11] in [-1, 1]
    images = _geometry(images, happens, amount, config)
    images = _colour(images, happens, amount, config)
    return _cutout(images, happens[:, 10], amount[:, 9:11], config.cutout)


def _geometry(images: torch.Tensor, happens: torch.Tensor, amount: torch.Tensor, config: AugmentConfig) -> torch.Tensor:
    """Flip, scale, rotation and translation in one bilinear resampling with reflected borders."""
    # A mirrored picture must never be more likely than a plain one, or the generator draws mirrored faces.
    flip = happens[:, 0] & (amount[:, 0] < 0) & config.flip
    scale = happens[:, 1] & (config.scale > 0)
    rotate = happens[:, 2] & (config.rotate > 0)
    shift = happens[:, 3] & (config.translate > 0)
    zoom = torch.where(scale, torch.exp2(amount[:, 1] * config.scale), 1.0)
    angle = torch.where(rotate, amount[:, 2] * config.rotate * math.pi, 0.0)
    mirror = torch.where(flip, -1.0, 1.0)
    dx = torch.where(shift, amount[:, 3] * 2 * config.translate, 0.0)
    dy = torch.where(shift, amount[:, 4] * 2 * config.translate, 0.0)
    moved = resample(images, zoom, angle, torch.stack([dx, dy], 1), mirror)
    changed = (flip | scale | rotate | shift).view(-1, 1, 1, 1)
    return torch.where(changed, moved, images)


def resample(
    images: torch.Tensor,
    zoom: torch.Tensor,
    angle: torch.Tensor,
    shift: torch.Tensor,
    mirror: torch.Tensor | float = 1.0,
) -> torch.Tensor:
    """Images [n, 3, h, w] seen `zoom` [n] as far, turned by radians [n], moved by `shift` [n, 2] of half a side."""
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    rows = [torch.stack([cos * mirror, -sin, shift[:, 0]], 1), torch.stack([sin * mirror, cos, shift[:, 1]], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def _colour(images: torch.Tensor, happens: torch.Tensor, amount: torch.Tensor, config: AugmentConfig) -> torch.Tensor:
    """Brightness, contrast, saturation and, if asked, hue."""

    def column(values: torch.Tensor) -> torch.Tensor:
        return values.view(-1, 1, 1, 1)

    luma = torch.tensor(LUMA, device=images.device).view(1, 3, 1, 1)
    bright = column(torch.where(happens[:, 5], amount[:, 5] * config.brightness, 0.0))
    contrast = column(torch.where(happens[:, 6], torch.exp2(amount[:, 6] * config.contrast), 1.0))
    saturation = column(torch.where(happens[:, 7], amount[:, 7] * config.saturation, 0.0))
    images = (images + bright) * contrast
    images = images + (images - (images * luma).sum(dim=1, keepdim=True)) * saturation
    if config.hue == 0:
        return images
    angle = torch.where(happens[:, 8], amount[:, 8] * config.hue * math.pi, 0.0)
    return torch.einsum("nij,njhw->nihw", _hue_rotation(angle), images)


def _hue_rotation(angle: torch.Tensor) -> torch.Tensor:
    """Rotation matrices [n, 3, 3] about the grey axis (Rodrigues' formula)."""
    axis = 1 / math.sqrt(3.0)
    cross = torch.tensor([[0.0, -axis, axis], [axis, 0.0, -axis], [-axis, axis, 0.0]], device=angle.device)
    outer = torch.full((3, 3), 1 / 3, device=angle.device)
    cos, sin = angle.cos().view(-1, 1, 1), angle.sin().view(-1, 1, 1)
    return cos * torch.eye(3, device=angle.device) + sin * cross + (1 - cos) * outer


def _cutout(images: torch.Tensor, happens: torch.Tensor, centre: torch.Tensor, size: float) -> torch.Tensor:
    """Grey out a square whose side is `size` of the picture's."""
    if size == 0:
        return images
    height, width = images.shape[2:]
    y = torch.linspace(-1, 1, height, device=images.device).view(1, -1, 1)
    x = torch.linspace(-1, 1, width, device=images.device).view(1, 1, -1)
    inside = ((y - centre[:, :1, None]).abs() < size) & ((x - centre[:, 1:, None]).abs() < size)
    hidden = (inside & happens.view(-1, 1, 1)).unsqueeze(1)
    return torch.where(hidden, torch.zeros((), device=images.device), images)


def strengthen_colours(images: torch.Tensor, gain: float) -> torch.Tensor:
    """Images [n, 3, h, w] whose distance from grey is `gain` times as large; 1 returns them unchanged, bit for bit.

    Colours differ less than light and dark, so a gradient penalty on plain pixels lets a discriminator notice a line of
    the wrong hue last: generated pictures had all of the light's fine detail and half of the colours'.
    """
    if gain == 1:
        return images
    grey = images.mean(dim=1, keepdim=True)
    return grey + gain * (images - grey)


def adjust_probability(
    p: torch.Tensor, sign_mean: torch.Tensor, images: int, target: float, adjust_images: int
) -> torch.Tensor:
    """ADA's controller: p rises while E[sign(D(real))] exceeds the target, else falls; 0 to 1 in `adjust_images`."""
    return (p + (sign_mean - target).sign() * (images / adjust_images)).clamp(0.0, 1.0)
