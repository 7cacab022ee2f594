"""Truncation: trade diversity for typical faces, towards one centre or the nearest of several.

Several centres (multi-modal truncation; Mokady et al., *Self-Distilled StyleGAN*, 2022) keep a set of unlike characters
from all turning into the one average face.
"""

import torch


def truncate(ws: torch.Tensor, centres: torch.Tensor, psi: float, cutoff: int | None = None) -> torch.Tensor:
    """Pull ws [n, num_ws, w_dim] towards the nearest of `centres` [k, w_dim], or towards one [w_dim].

    Only the first `cutoff` layers move. psi 1 changes nothing, 0 gives the centre; above 1 it exaggerates.
    """
    centres = torch.atleast_2d(centres)
    nearest = torch.cdist(ws.mean(1), centres).argmin(1)
    centre = centres[nearest][:, None]
    layers = ws.shape[1] if cutoff is None else cutoff
    pulled = centre + psi * (ws[:, :layers] - centre)
    return torch.cat([pulled, ws[:, layers:]], dim=1)


def find_centres(w: torch.Tensor, count: int, seed: int = 0, rounds: int = 25) -> torch.Tensor:
    """k-means centres [count, w_dim] of sampled w [n, w_dim]; a cluster that runs empty takes the farthest point.

    Raises ValueError if there are fewer w than centres.
    """
    if not 1 <= count <= len(w):
        raise ValueError(f"{count} centres of {len(w)} latents are not possible; ask for 1 to {len(w)}")
    generator = torch.Generator().manual_seed(seed)
    centres = w[torch.randperm(len(w), generator=generator)[:count]].clone()
    for _ in range(rounds):
        distance = torch.cdist(w, centres)
        owner = distance.argmin(1)
        moved = centres.clone()
        for k in range(count):
            mine = owner == k
            moved[k] = w[mine].mean(0) if mine.any() else w[distance.min(1).values.argmax()]
        if torch.equal(moved, centres):
            break
        centres = moved
    return centres
