"""Layers with equalised learning rate (Karras et al. 2018, section 4.1).

Weights are stored with unit variance and scaled when used, so that Adam moves all layers at the same relative speed.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from anime_gen.stylegan2.networks.convolution import conv2d

LEAK = 0.2
ACTIVATION_GAIN = math.sqrt(2.0)


def leaky(x: torch.Tensor) -> torch.Tensor:
    """Leaky ReLU without its gain; callers fold sqrt(2) into what they add or multiply before it."""
    return functional.leaky_relu(x, LEAK)


def leaky_(x: torch.Tensor) -> torch.Tensor:
    """`leaky` in the place of x: no second copy of a large map is written and kept."""
    return functional.leaky_relu_(x, LEAK)


class EqualizedLinear(nn.Module):
    """y = x W^T * gain + b; `activate` appends leaky ReLU times sqrt(2), which keeps unit variance."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        activate: bool = False,
        lr_multiplier: float = 1.0,
        bias_init: float = 0.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((out_features,), bias_init / lr_multiplier))
        self.activate = activate
        self.lr_multiplier = lr_multiplier
        self.gain = lr_multiplier / math.sqrt(in_features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # [n, in] -> [n, out]
        """Apply the layer in the weight's precision."""
        y = torch.addmm(self.bias, x, self.weight.t(), beta=self.lr_multiplier, alpha=self.gain)
        return leaky(y) * ACTIVATION_GAIN if self.activate else y


class EqualizedConv2d(nn.Module):
    """Square convolution of odd size, same padding; `activate` appends leaky ReLU times sqrt(2).

    Leaky ReLU is positively homogeneous, so its gain is folded into the weight and the bias and costs no pass of its
    own.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        activate: bool = False,
        bias: bool = True,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if bias else None
        self.activate = activate
        self.output_gain = gain * (ACTIVATION_GAIN if activate else 1.0)
        self.weight_gain = self.output_gain / math.sqrt(in_channels * kernel**2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # [n, in, h, w] -> [n, out, h, w]
        """Convolve in the activation's precision."""
        y = conv2d(x, self.weight * self.weight_gain)
        if self.bias is not None:
            y = y.add_((self.bias * self.output_gain).to(y.dtype).view(1, -1, 1, 1))
        return leaky_(y) if self.activate else y
