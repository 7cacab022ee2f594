"""What others do, in our terms, on the same regression: the methods our edits are compared with.

- "interfacegan": the unit normal of a linear fit in w, nothing held (Shen et al., 2020; they use an SVM's normal).
- "tl_gan": the same normal after Gram-Schmidt against the normals of all other attributes (Guan, 2018).
Both move one w, the same for all layers.
"""

from typing import Literal

import torch

from anime_gen.latent.directions import Directions

Baseline = Literal["interfacegan", "tl_gan"]


def baseline_moves(directions: Directions, method: Baseline) -> torch.Tensor:
    """Moves [c, p] in the coordinates of `directions.space`, +1 predicted read-out unit each."""
    fit = directions.plain  # [c, rank], w rotated to the axes
    moves = torch.zeros_like(directions.moves)
    for name in directions.attributes:
        where = directions.rows(name)
        others = torch.cat([fit[: where.start], fit[where.stop :]])
        lock = _orthonormal(others) if method == "tl_gan" else fit.new_zeros(0, fit.shape[1])
        for column in range(where.start, where.stop):
            normal = fit[column] - lock.T @ (lock @ fit[column])
            gain = float(fit[column] @ normal)
            if gain > 1e-6 * float(fit[column] @ fit[column]) and gain > 0.0:
                whitened = normal / gain / directions.space.deviations
                moves[column] = whitened.repeat(len(directions.space.groups))
    return moves


def _orthonormal(rows: torch.Tensor, tolerance: float = 1e-3) -> torch.Tensor:
    """Orthonormal basis [k, d] of the rows' span; directions weaker than `tolerance` of the strongest are noise."""
    if not len(rows):
        return rows
    _, singular, basis = torch.linalg.svd(rows, full_matrices=False)
    result: torch.Tensor = basis[singular > tolerance * singular.max().clamp_min(1e-12)]
    return result
