"""Exponential moving average of the generator's weights, on the image clock."""

import torch


def ema_beta(images: int, batch: int, halflife_images: float, rampup: float) -> float:
    """Weight of the past in one update of `batch` images: 0.5 ** (batch / half-life).

    Early on the half-life is at most `rampup` times the images seen, so that the random start is forgotten quickly.
    """
    halflife = min(halflife_images, max(images * rampup, 1e-8))
    result: float = 0.5 ** (batch / halflife)
    return result


@torch.no_grad()
def update_ema(average: torch.Tensor, current: torch.Tensor, beta: float) -> None:
    """Average <- beta * average + (1 - beta) * current, in place, over one flat vector."""
    average.lerp_(current, 1.0 - beta)
