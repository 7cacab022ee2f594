"""Residual discriminator with minibatch standard deviation (StyleGAN2, section 4.1; Karras et al. 2018, section 3).

A conditional one adds a projection of the tags (Miyato and Koyama 2018): a picture scores higher for having its tags.
"""

import math
from typing import Any

import torch
from torch import nn

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.equalized import EqualizedConv2d, EqualizedLinear
from anime_gen.stylegan2.networks.resample import downsample2

STDDEV_GROUP = 4


def minibatch_stddev(x: torch.Tensor, group: int = STDDEV_GROUP) -> torch.Tensor:
    """Append one map that holds the mean standard deviation over groups of samples: [n, c, h, w] -> [n, c + 1, h, w].

    Shows the discriminator how varied a batch is, so that a generator that repeats itself is caught. Groups are the
    largest divisor of n up to `group`; sample i belongs to group i mod (n / group).
    """
    n, channels, height, width = x.shape
    size = next(g for g in range(min(group, n), 0, -1) if n % g == 0)
    grouped = x.float().view(size, -1, channels, height, width)
    variance = (grouped - grouped.mean(dim=0)).square().mean(dim=0)  # ten times as fast as var() on a CPU
    spread = (variance + 1e-8).sqrt().mean(dim=(1, 2, 3))  # [n / size]
    plane = spread.repeat(size).view(n, 1, 1, 1).expand(n, 1, height, width)
    return torch.cat([x, plane.to(x.dtype)], dim=1)


class DiscriminatorBlock(nn.Module):
    """Two convolutions that halve the resolution, beside a 1x1 shortcut; the sum is scaled by sqrt(1/2)."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        half = math.sqrt(0.5)
        self.conv0 = EqualizedConv2d(in_channels, in_channels, 3, activate=True)
        self.conv1 = EqualizedConv2d(in_channels, out_channels, 3, activate=True, gain=half)
        self.skip = EqualizedConv2d(in_channels, out_channels, 1, bias=False, gain=half)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # [n, in, h, w] -> [n, out, h/2, w/2]
        """Downsampling comes before the second convolution: as many products as a strided one, but an ordinary one."""
        result: torch.Tensor = self.conv1(downsample2(self.conv0(x))) + self.skip(downsample2(x))
        return result


class Discriminator(nn.Module):
    """Score of an image at any of the growing resolutions; one 1x1 `from_rgb` per resolution."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.card: dict[str, Any] = {}
        resolutions = config.resolutions
        self.from_rgb = nn.ModuleDict(
            {str(r): EqualizedConv2d(3, config.channels(r), 1, activate=True) for r in resolutions}
        )
        self.blocks = nn.ModuleDict(
            {str(r): DiscriminatorBlock(config.channels(r), config.channels(r // 2)) for r in resolutions if r > 4}
        )
        channels = config.channels(4)
        self.conv = EqualizedConv2d(channels + 1, channels, 3, activate=True)
        self.dense = EqualizedLinear(channels * 16, channels, activate=True)
        self.score = EqualizedLinear(channels, 1)
        self.projection = EqualizedLinear(2 * len(config.condition), channels) if config.condition else None
        if self.projection is not None:
            nn.init.zeros_(self.projection.weight)

    def forward(
        self,
        image: torch.Tensor,
        alpha: float = 1.0,
        dtype: torch.dtype = torch.float32,
        condition: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Image [n, 3, r, r], r up to the target -> logits [n]; `alpha` is the fade-in of the block at r.

        `condition` [n, 2k] are the encoded tags that a conditional discriminator needs (ConditionNetwork.encode).
        """
        resolution = image.shape[-1]
        image = image.contiguous(memory_format=torch.channels_last)
        x = self.from_rgb[str(resolution)](image.to(dtype))
        while resolution > 4:
            x = self.blocks[str(resolution)](x)
            resolution //= 2
            if alpha < 1.0:
                below = self.from_rgb[str(resolution)](downsample2(image).to(dtype))
                x = torch.lerp(below, x, alpha)
                alpha = 1.0
        x = self.conv(minibatch_stddev(x))
        # Flattened in channel-first order whatever the memory format, so that weights mean the same everywhere.
        x = self.dense(x.to(self.dense.weight.dtype).flatten(1))
        score: torch.Tensor = self.score(x).squeeze(1)
        if self.projection is None:
            return score
        if condition is None:
            raise ValueError("this discriminator judges pictures with their tags; give it the encoded tags")
        result: torch.Tensor = score + (self.projection(condition) * x).sum(dim=1) / math.sqrt(x.shape[1])
        return result
