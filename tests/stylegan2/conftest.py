from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from anime_gen.images.faces import ArrayFaces
from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.training.training_config import (
    GrowthConfig,
    LossConfig,
    OptimConfig,
    RunConfig,
    StageConfig,
    TrainingConfig,
)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def faces(count: int = 48, resolution: int = 16, seed: int = 0) -> ArrayFaces:
    """Two-coloured discs on coloured ground: enough structure to learn."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:resolution, :resolution] / (resolution - 1) - 0.5
    pictures = np.empty((count, resolution, resolution, 3), np.uint8)
    for i in range(count):
        ground, disc = random.integers(0, 256, (2, 3))
        inside = (x - random.uniform(-0.2, 0.2)) ** 2 + y**2 < random.uniform(0.05, 0.15)
        pictures[i] = np.where(inside[..., None], disc, ground)
    return ArrayFaces(pictures)


def tiny_config(**changes: Any) -> TrainingConfig:
    """A run of 192 images at 8 and 16 px that takes about two seconds."""
    config = TrainingConfig(
        precision="float32",
        network=NetworkConfig(16, channel_base=128, channel_max=8, z_dim=8, w_dim=8, mapping_layers=1),
        growth=GrowthConfig(stages=(StageConfig(8, 0, 64, 8), StageConfig(16, 64, 64, 8)), full_size_images=64),
        optim=OptimConfig(ema_halflife_images=32),
        loss=LossConfig(d_reg_interval=4),
        run=RunConfig(device="cpu", tick_images=32, checkpoint_images=32, grid_images=96, keep_checkpoints=2),
    )
    return replace(config, **changes)
