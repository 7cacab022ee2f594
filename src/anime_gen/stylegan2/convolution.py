"""The one place where a dense convolution of the networks happens."""

import torch
from torch.nn import functional


def conv2d(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Convolve `x` [n, in, h, w] with `weight` [out, in, k, k], k odd, padded with zeros to the same size.

    The weight is cast to the activation's precision. Differentiable any number of times.
    """
    return functional.conv2d(x, weight.to(x.dtype), padding=weight.shape[-1] // 2)
