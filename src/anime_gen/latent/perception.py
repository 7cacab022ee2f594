"""How far two pictures are apart to the eye: in the maps of the sub-models, and in colours at several scales.

The first is LPIPS (Zhang et al. 2018) with networks that know faces in place of a downloaded one. It takes part in
imitating a picture, so it must not be what judges the outcome.
"""

from collections.abc import Collection, Mapping, Sequence

import torch
from torch.nn import functional

Maps = Mapping[str, Sequence[torch.Tensor]]
"""Group -> maps [n, c, h, w], from fine to coarse."""
SCALES = (1, 2, 4, 8)
HEAD = (0.5, 0.53, 0.34, 0.375)
"""Centre (x, y) and half width and height of where the head is, as shares of the picture."""


def unit_maps(maps: Maps) -> dict[str, list[torch.Tensor]]:
    """Every place's features scaled to length 1: what is there counts, and not how strongly."""
    return {group: [_unit(one) for one in own] for group, own in maps.items()}


def map_distance(some: Maps, others: Maps, stages: Collection[int]) -> torch.Tensor:
    """Mean square distance [n] of two pictures' unit maps in these stages: 0 for equal ones, about 1 for strangers."""
    gaps = [(some[group][k] - others[group][k]).square().sum(1).mean((1, 2)) for group in some for k in stages]
    return torch.stack(gaps).mean(0)


def colour_distance(some: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """Mean square difference [n] of pictures [n, 3, r, r] in [-1, 1] about the head, as they are and blurred."""
    gap, weight = some - others, head_weight(some.shape[-1])
    found = []
    for scale in (scale for scale in SCALES if scale < some.shape[-1]):
        at_scale, share = functional.avg_pool2d(gap, scale), functional.avg_pool2d(weight, scale)
        found.append((at_scale.square().mean(1, keepdim=True) * share).sum((1, 2, 3)) / share.sum())
    return torch.stack(found).mean(0)


def head_weight(side: int) -> torch.Tensor:
    """Weight [1, 1, side, side] of each pixel: 1 on the head, nearly 0 in the corners, which are background."""
    place = (torch.arange(side) + 0.5) / side
    across, down = (((place - HEAD[k]) / HEAD[k + 2]) ** 4 for k in (0, 1))
    return torch.exp(-(down[:, None] + across[None]))[None, None]


def _unit(features: torch.Tensor) -> torch.Tensor:
    return features / (features.square().sum(1, keepdim=True) + 1e-6).sqrt()
