"""Alterations of training pictures that never change what a head has to read.

Which ones a group may have follows from the vocabulary: an alteration that would change any attribute of the group
(``changed_by``) is left out for the whole group; a mirror image changes the sign of the attributes that say so.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from anime_gen.attributes import Attribute
from anime_gen.tagging.config import TrainingConfig


@dataclass(frozen=True)
class Alterations:
    """What may be done to the pictures of one group."""

    flip_chance: float
    shift_px: int
    light_amount: float
    hue_chance: float
    noise_amount: float
    low_resolution_chance: float
    low_resolution_px: int

    @classmethod
    def allowed(cls, attributes: tuple[Attribute, ...], config: TrainingConfig) -> Alterations:
        """The configured alterations less those that an attribute of the group forbids."""
        changed = {change for attribute in attributes for change in attribute.changed_by}
        mirrors = all(attribute.flip != "never" for attribute in attributes)
        return cls(
            flip_chance=config.flip_chance if mirrors else 0.0,
            shift_px=0 if "shift" in changed else config.shift_px,
            light_amount=0.0 if "light" in changed else config.light_amount,
            hue_chance=0.0 if "hue" in changed else config.hue_chance,
            noise_amount=config.noise_amount,
            low_resolution_chance=config.low_resolution_chance,
            low_resolution_px=config.low_resolution_px,
        )

    def apply(self, images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Altered pictures [n, 3, r, r] in [-1, 1] and which of them are mirrored, bool [n].

        All randomness comes from ``generator`` (on the CPU), so a run can be repeated exactly.
        """
        count, device = len(images), images.device

        def uniform(*shape: int) -> Tensor:
            return torch.rand(*shape, generator=generator).to(device)

        flipped = uniform(count) < self.flip_chance
        images = torch.where(flipped[:, None, None, None], images.flip(3), images)
        if self.shift_px:
            images = _shifted(images, self.shift_px, generator)
        if self.hue_chance:
            images = _turned_hue(images, uniform(count), uniform(count) < self.hue_chance)
        if self.light_amount:
            contrast = 1.0 + self.light_amount * (2.0 * uniform(count, 1, 1, 1) - 1.0)
            images = images * contrast + self.light_amount * (2.0 * uniform(count, 1, 1, 1) - 1.0)
        images = _coarsened(images, uniform(2), self.low_resolution_chance, self.low_resolution_px)
        if self.noise_amount:
            noise = torch.randn(images.shape, generator=generator).to(device)
            images = images + noise * (self.noise_amount * uniform(count, 1, 1, 1))
        return images, flipped


def _shifted(images: Tensor, reach: int, generator: torch.Generator) -> Tensor:
    """The batch in eight parts, each moved by its own few pixels; the border is repeated."""
    size = images.shape[-1]
    padded = F.pad(images, (reach, reach, reach, reach), mode="replicate")
    parts = []
    for part in padded.chunk(8):
        x, y = torch.randint(0, 2 * reach + 1, (2,), generator=generator).tolist()
        parts.append(part[:, :, y : y + size, x : x + size])
    return torch.cat(parts)


def _turned_hue(images: Tensor, turn: Tensor, chosen: Tensor) -> Tensor:
    """Colours of the chosen pictures turned about the grey axis by ``turn`` (0..1 of a full circle)."""
    angle = turn * (2.0 * torch.pi)
    cos, sin = angle.cos(), angle.sin() / 3.0**0.5
    even = (1.0 - cos) / 3.0
    rows = [cos + even, even - sin, even + sin, even + sin, cos + even, even - sin, even - sin, even + sin, cos + even]
    matrices = torch.stack(rows, dim=1).view(-1, 3, 3)  # Rodrigues' rotation about (1, 1, 1)
    turned = torch.bmm(matrices, images.flatten(2)).view_as(images).clamp(-1.0, 1.0)
    return torch.where(chosen[:, None, None, None], turned, images)


def _coarsened(images: Tensor, draw: Tensor, chance: float, least_px: int) -> Tensor:
    """A share of the batch made coarse and enlarged again, as a generator of lower resolution would show it."""
    size = images.shape[-1]
    count = round(len(images) * chance)
    if not count or least_px >= size:
        return images
    coarse = least_px + int(float(draw[0]) * (size - least_px))
    small = F.interpolate(images[:count], size=(coarse, coarse), mode="area")
    back = F.interpolate(small, size=(size, size), mode="bilinear", align_corners=False)
    return torch.cat([back, images[count:]])  # the order of a batch is random already
