"""Coordinates of the latent space in which a step of length 1 is one standard deviation of the data.

Layers are taken in a few groups (coarse to fine), each with the same whitened coordinates of w: the covariance S of the
edit formula becomes the identity, and directions of w that hardly occur in sampled characters get no coordinate at all.
"""

from dataclasses import dataclass
from itertools import pairwise

import torch


@dataclass(frozen=True)
class LatentSpace:
    """Whitened coordinates, `rank` for each layer group, made from sampled w.

    mean [w_dim]; deviations [rank], the standard deviations along axes [w_dim, rank] (orthonormal); radius: 95 % of
    sampled characters lie within it, in whitened length per group; groups: (first, last + 1) layer of each.
    """

    mean: torch.Tensor
    axes: torch.Tensor
    deviations: torch.Tensor
    radius: float
    groups: tuple[tuple[int, int], ...]

    @property
    def rank(self) -> int:
        """Coordinates per layer group."""
        return len(self.deviations)

    @property
    def num_ws(self) -> int:
        """Layers in all."""
        return self.groups[-1][1]

    @property
    def size(self) -> int:
        """Coordinates in all: groups times rank."""
        return len(self.groups) * self.rank

    @property
    def typical_distance(self) -> float:
        """Length between two independently drawn characters: the yardstick of the identity budget."""
        return float((2.0 * self.size) ** 0.5)

    def coordinates(self, ws: torch.Tensor) -> torch.Tensor:
        """[n, num_ws, w_dim] -> [n, size]; layers within a group are averaged."""
        parts = [((ws[:, a:b].mean(1) - self.mean) @ self.axes) / self.deviations for a, b in self.groups]
        return torch.cat(parts, dim=1)

    def move(self, step: torch.Tensor) -> torch.Tensor:
        """A step in coordinates [..., size] as an addition to ws, [..., num_ws, w_dim]."""
        grouped = step.unflatten(-1, (len(self.groups), self.rank))
        vectors = (grouped * self.deviations) @ self.axes.T
        lengths = torch.tensor([b - a for a, b in self.groups])
        result: torch.Tensor = vectors.repeat_interleave(lengths, dim=-2)
        return result

    def confine(self, start: torch.Tensor, step: torch.Tensor, budget: float) -> torch.Tensor:
        """Shorten steps [n, size] from `start` [n, size] to what stays a face (realism) and the same person (identity).

        Each group's point is pulled back to the sphere that holds 95 % of sampled characters (or its own start, if that
        lies further out), then the step to at most `budget` times the distance between two random characters.
        """
        shape = (len(self.groups), self.rank)
        origin = start.unflatten(-1, shape)
        target = (start + step).unflatten(-1, shape)
        limit = origin.norm(dim=-1, keepdim=True).clamp_min(self.radius)
        target = target * (limit / target.norm(dim=-1, keepdim=True).clamp_min(1e-12)).clamp_max(1.0)
        kept = target.flatten(-2) - start
        length = kept.norm(dim=-1, keepdim=True).clamp_min(1e-12)
        result: torch.Tensor = kept * (budget * self.typical_distance / length).clamp_max(1.0)
        return result


def layer_groups(num_ws: int, count: int) -> tuple[tuple[int, int], ...]:
    """`num_ws` layers in at most `count` contiguous groups of nearly equal size, coarse first."""
    count = max(1, min(count, num_ws))
    borders = [round(i * num_ws / count) for i in range(count + 1)]
    return tuple(pairwise(borders))


def fit_space(w: torch.Tensor, num_ws: int, groups: int, rank: int, kept_variance: float = 0.995) -> LatentSpace:
    """Principal axes of sampled w [n, w_dim] that hold `kept_variance`, at most `rank` of them.

    Raises ValueError if all w are equal: such a generator has one picture and no directions.
    """
    mean = w.mean(0)
    _, singular, axes = torch.linalg.svd(w - mean, full_matrices=False)
    variance = singular**2 / max(1, len(w) - 1)
    if not float(variance.sum()) > 1e-12:
        raise ValueError("all sampled latents are equal: this generator has collapsed to one picture; train it longer")
    needed = int((variance.cumsum(0) < kept_variance * variance.sum()).sum()) + 1
    size = min(rank, needed)
    deviations = variance[:size].sqrt()
    whitened = ((w - mean) @ axes[:size].T) / deviations
    radius = float(whitened.norm(dim=1).quantile(0.95))
    return LatentSpace(mean, axes[:size].T.contiguous(), deviations, radius, layer_groups(num_ws, groups))
