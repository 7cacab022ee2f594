"""Changing resolution by two with the filter [1, 3, 3, 1] (StyleGAN2, appendix B).

For a factor of two this filter is exactly what bilinear interpolation (up) and its antialiased form (down) compute, with the
border pixels repeated rather than padded with zeros; torch runs those fast in every memory format and differentiates them twice.
"""

import torch
from torch.nn import functional


def upsample2(x: torch.Tensor) -> torch.Tensor:
    """[n, c, h, w] -> [n, c, 2h, 2w]; the mean is kept."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def downsample2(x: torch.Tensor) -> torch.Tensor:
    """[n, c, h, w] -> [n, c, h/2, w/2]; the mean is kept."""
    return functional.avg_pool2d(x, 2)
