"""Frozen features of our own, in which all distances are measured.

Two halves of equal weight: what the measurer knows about drawn faces, and a fixed random convolutional network that
knows nothing and so has no blind spots learnt from drawings. No Inception network is involved: figures compare with
each other and with the noise floor beside them, never with published FIDs.
"""

import math
from itertools import pairwise
from typing import Protocol

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

RANDOM_SEED = 20_011
RANDOM_SIZE = 32
"""Side at which the random network looks, px."""


class FeatureNetwork(Protocol):
    """Pictures [n, 3, r, r] in [-1, 1] -> features [n, d]."""

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Features [n, d] of pictures [n, 3, r, r]."""
        ...


class RandomConvolutions(nn.Module):
    """Three strided convolutions with seeded random weights, summarised by mean and deviation over quadrants."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(RANDOM_SEED)
        sizes = [3, 16, 24, 32]
        for i, (inputs, outputs) in enumerate(pairwise(sizes)):
            gain = math.sqrt(2.0 / (inputs * 9))
            weight = gain * torch.randn(outputs, inputs, 3, 3, generator=generator)
            self.register_buffer(f"weight{i}", weight, persistent=False)
        self.size = 32 * (4 + 1)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """[n, 3, r, r] -> [n, size]."""
        x = images
        if x.shape[-1] != RANDOM_SIZE:
            x = F.interpolate(x, size=(RANDOM_SIZE, RANDOM_SIZE), mode="bilinear", antialias=True)
        for i in range(3):
            x = F.leaky_relu(F.conv2d(x, getattr(self, f"weight{i}"), stride=2 if i else 1, padding=1), 0.2)
        means = F.adaptive_avg_pool2d(x, 2).flatten(1)
        return torch.cat([means, x.flatten(2).std(2)], dim=1)


def to_images(pictures: np.ndarray) -> torch.Tensor:
    """uint8 [n, r, r, 3] -> float32 [n, 3, r, r] in [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def to_pictures(images: torch.Tensor) -> np.ndarray:
    """Float [n, 3, r, r] in [-1, 1] -> uint8 [n, r, r, 3]; values outside are clipped."""
    scaled = ((images.clamp(-1.0, 1.0) + 1.0) * 127.5).round()
    return scaled.permute(0, 2, 3, 1).to(torch.uint8).cpu().numpy()


def extract(network: FeatureNetwork, pictures: np.ndarray, batch: int = 128) -> np.ndarray:
    """Features [n, d] of uint8 pictures [n, r, r, 3], float32."""
    with torch.inference_mode():
        parts = [
            network.features(to_images(pictures[start : start + batch])).float().numpy()
            for start in range(0, len(pictures), batch)
        ]
    return np.concatenate(parts)
