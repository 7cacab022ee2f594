"""Mix characters layer by layer: face and hair shape come from the coarse layers, colours from the fine ones."""

from collections.abc import Sequence

import torch

from anime_gen.latent.space import layer_groups

LEVELS = ("coarse", "middle", "fine")
"""coarse: pose, hair and face shape; middle: features and expression; fine: colours and shading."""


def level_layers(num_ws: int) -> dict[str, tuple[int, int]]:
    """(first, last + 1) layer of each level; a small network has fewer levels, from coarse on."""
    return dict(zip(LEVELS, layer_groups(num_ws, len(LEVELS)), strict=False))


def mix(ws: torch.Tensor, donor: torch.Tensor, weights: float | Sequence[float]) -> torch.Tensor:
    """Blend ws and donor [n, num_ws, w_dim]; a weight (one, or one for each layer) of 0 keeps, 1 takes the donor's.

    Raises ValueError for shapes or a number of weights that do not fit.
    """
    if ws.shape[1:] != donor.shape[1:]:
        raise ValueError(f"characters of different models do not mix: {list(ws.shape)} and {list(donor.shape)}")
    share = torch.as_tensor(weights, dtype=ws.dtype)
    if share.dim() and len(share) != ws.shape[1]:
        raise ValueError(f"this model has {ws.shape[1]} layers; got {len(share)} weights")
    return torch.lerp(ws, donor, share.reshape(-1, 1).expand_as(ws[0]))


def mix_levels(ws: torch.Tensor, donor: torch.Tensor, levels: dict[str, float]) -> torch.Tensor:
    """`mix` with a weight for each level by name; levels left out keep ws. ValueError names an unknown level."""
    known = level_layers(ws.shape[1])
    weights = [0.0] * ws.shape[1]
    for level, weight in levels.items():
        if level not in known:
            raise ValueError(f"level {level!r} is unknown; this model has: {', '.join(known)}")
        first, last = known[level]
        weights[first:last] = [weight] * (last - first)
    return mix(ws, donor, weights)
