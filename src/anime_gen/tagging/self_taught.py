"""Features without any label: a small network that learns to recognise the same face after it was altered.

SimCLR (Chen et al. 2020, section 2): two altered views of each picture must find each other among the whole batch.
Colours are kept by default, since hair and eye colour are among the things to be told apart.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from anime_gen.tagging.augment import Alterations
from anime_gen.tagging.config import TrainingConfig
from anime_gen.tagging.muon import Muon
from anime_gen.tagging.network import GRID, GRID_CHANNELS, NarrowResNet
from anime_gen.tagging.training import as_float, chosen_device, mixed_precision, one_cycle

TEMPERATURE = 0.2


def self_taught(pictures: np.ndarray, epochs: int, config: TrainingConfig, width: int = 16) -> NarrowResNet:
    """A network trained on pictures uint8 [n, r, r, 3] alone; in evaluation mode."""
    device = chosen_device(config)
    generator = torch.Generator().manual_seed(config.seed)
    torch.manual_seed(config.seed)
    network = NarrowResNet(width, (1, 1, 1, 1)).to(device, memory_format=torch.channels_last)
    head = nn.Sequential(nn.Linear(GRID * GRID * GRID_CHANNELS, 128), nn.ReLU(), nn.Linear(128, 64)).to(device)
    alter = Alterations(0.5, 4, 0.15, 0.0, 0.05, config.low_resolution_chance, config.low_resolution_px)
    images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    parameters = [*network.parameters(), *head.parameters()]
    steps = epochs * max(1, len(images) // config.batch)
    optimiser = Muon(parameters, 0.02, config.momentum, config.weight_decay)
    schedule = one_cycle(optimiser, steps)
    network.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(images), generator=generator).split(config.batch):
            if len(rows) < config.batch:
                continue
            views = torch.cat([alter.apply(as_float(images[rows], device), generator)[0] for _ in range(2)])
            with mixed_precision(config, device):
                points = head(network(views.contiguous(memory_format=torch.channels_last)))
            loss = _contrast(points.float())
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
    return network.eval().requires_grad_(False)


def _contrast(points: Tensor) -> Tensor:
    """NT-Xent over 2n points, the two halves holding the two views of the same pictures."""
    points = F.normalize(points, dim=1)
    likeness = points @ points.T / TEMPERATURE
    likeness.fill_diagonal_(-float("inf"))
    count = len(points) // 2
    partner = torch.arange(2 * count, device=points.device).roll(count)
    return F.cross_entropy(likeness, partner)


@torch.inference_mode()
def features_of(network: NarrowResNet, pictures: np.ndarray, batch: int = 512) -> np.ndarray:
    """Features float32 [n, 512] of pictures uint8 [n, r, r, 3]."""
    device = next(network.parameters()).device
    images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    return torch.cat([network(as_float(part, device)).cpu() for part in images.split(batch)]).numpy()
