"""Modulated convolution (StyleGAN2, section 2.2), computed without a weight per sample.

The paper scales each sample's weights by its style s and normalises them: w'_oik = s_i w_oik / sqrt(sum_ik (s_i
w_oik)^2). Convolution is linear, so the same result is conv(x * s, w) * d with d_o = rsqrt(sum_i s_i^2 sum_k w_oik^2):
one ordinary convolution for the whole batch, and d from a small matrix product.
"""

import math
from typing import Any

import torch
from torch import nn

from anime_gen.stylegan2.networks.convolution import conv2d
from anime_gen.stylegan2.networks.equalized import ACTIVATION_GAIN, EqualizedLinear, leaky_

EPSILON = 1e-8


def demodulation(styles: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Scale of each output map [n, out] for styles [n, in] and weight [out, in, k, k], in the styles' precision."""
    power = weight.square().sum(dim=(2, 3))  # [out, in]
    return (styles.square() @ power.t() + EPSILON).rsqrt()


class ModulatedConv2d(nn.Module):
    """Affine style, 3x3 modulated convolution with demodulation, noise, bias, leaky ReLU times sqrt(2)."""

    noise_constant: torch.Tensor

    def __init__(self, in_channels: int, out_channels: int, w_dim: int, resolution: int, noise: bool = True) -> None:
        super().__init__()
        self.affine = EqualizedLinear(w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, 3, 3))
        self.weight_gain = 1.0 / math.sqrt(in_channels * 9)
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.noise_strength = nn.Parameter(torch.zeros(())) if noise else None
        if noise:
            self.register_buffer("noise_constant", torch.randn(resolution, resolution))

    def convolve(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        """Convolution and bias: x [n, in, h, w], w [n, w_dim] -> [n, out, h, w], with the activation's gain."""
        styles = self.affine(w)
        weight = self.weight * self.weight_gain
        y = conv2d(x * styles.to(x.dtype)[:, :, None, None], weight)
        scale = (demodulation(styles, weight) * ACTIVATION_GAIN).to(x.dtype)[:, :, None, None]
        return torch.addcmul((self.bias * ACTIVATION_GAIN).to(x.dtype).view(1, -1, 1, 1), y, scale)

    def finish(self, y: torch.Tensor, noise: torch.Tensor | None) -> torch.Tensor:
        """Add noise [n or 1, 1, h, w], then leaky ReLU, in the place of y; the gain is in the addends already."""
        if noise is not None and self.noise_strength is not None:
            y = y.add_((noise * (self.noise_strength * ACTIVATION_GAIN)).to(y.dtype))
        return leaky_(y)


class _Colours(torch.autograd.Function):
    """(pixels [n, p, in], weight [n, 3, in]) -> weight pixels^T [n, 3, p].

    Libraries are several times slower when a matrix of three columns is on the right, hence the order; and the gradient
    of the pixels is computed pixel by pixel, because a transposed one would drag its format through the network.
    """

    @staticmethod
    def forward(ctx: Any, pixels: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(pixels, weight)
        return torch.bmm(weight, pixels.transpose(1, 2))

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        pixels, weight = ctx.saved_tensors
        return torch.bmm(gradient.transpose(1, 2), weight), torch.bmm(gradient, pixels)


class ToRGB(nn.Module):
    """1x1 modulated convolution to three channels, without demodulation (StyleGAN2, appendix B), in float32.

    Three output channels make a product per sample cheaper than scaling the whole input map.
    """

    def __init__(self, in_channels: int, w_dim: int) -> None:
        super().__init__()
        self.affine = EqualizedLinear(w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(torch.randn(3, in_channels))
        self.weight_gain = 1.0 / math.sqrt(in_channels)
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:  # [n, in, h, w], [n, w_dim] -> [n, 3, h, w]
        """Colours of a feature map."""
        n, channels, height, width = x.shape
        weight = self.affine(w)[:, None] * (self.weight * self.weight_gain)  # [n, 3, in]
        pixels = x.permute(0, 2, 3, 1).reshape(n, height * width, channels)
        image = _Colours.apply(pixels, weight.to(x.dtype)).to(self.bias.dtype) + self.bias[:, None]
        result: torch.Tensor = image.view(n, 3, height, width)
        return result
