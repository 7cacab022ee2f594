"""The network of a sub-model: a narrow ResNet that keeps where things are, and a linear layer of heads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from anime_gen.attributes import Attribute
from anime_gen.tagging.classifiers.heads import raw_width

GRID = 4  # features are kept on a 4 x 4 grid: eye spacing or head turn is a matter of place, which an average forgets
GRID_CHANNELS = 32


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut (He et al. 2016, Deep Residual Learning, section 3.3)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _convolution(inputs, outputs, 3, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = _convolution(outputs, outputs, 3)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(_convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Feature map [n, outputs, h / stride, w / stride] of [n, inputs, h, w]."""
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x), inplace=True)


class NarrowResNet(nn.Module):
    """A ResNet with its four stages from ``width`` channels, a 3 x 3 stem and no max pooling.

    The usual stem throws away three quarters of a 64-pixel face before the first block; pupils and mouth corners are
    two pixels wide there.
    """

    def __init__(self, width: int, blocks: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.conv1 = _convolution(3, width, 3, stride=2)
        self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = _stage(width, width, blocks[0], stride=1)
        self.layer2 = _stage(width, width * 2, blocks[1])
        self.layer3 = _stage(width * 2, width * 4, blocks[2])
        self.layer4 = _stage(width * 4, width * 8, blocks[3])
        self.reduce = nn.Conv2d(width * 8, GRID_CHANNELS, kernel_size=1)
        self._start_weights()

    def _start_weights(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def stages(self, x: Tensor) -> list[Tensor]:
        """The feature map [n, c, h, w] after each of the four stages, from fine to coarse."""
        x = F.relu(self.bn1(self.conv1(x)), inplace=True)
        maps = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
            maps.append(x)
        return maps

    def summary(self, last: Tensor) -> Tensor:
        """The last stage's map on a coarse grid, [n, 512]."""
        return F.relu(self.reduce(F.adaptive_avg_pool2d(last, GRID))).flatten(1)

    def forward(self, x: Tensor) -> Tensor:
        """Summary [n, 512] of pictures [n, 3, h, w]."""
        return self.summary(self.stages(x)[-1])


def _convolution(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False)


def _stage(inputs: int, outputs: int, blocks: int, stride: int = 2) -> nn.Sequential:
    first = BasicBlock(inputs, outputs, stride)
    return nn.Sequential(first, *(BasicBlock(outputs, outputs, 1) for _ in range(blocks - 1)))


@dataclass(frozen=True)
class Shape:
    """What builds a network of the same shape again."""

    width: int = 24
    blocks: tuple[int, int, int, int] = (1, 1, 1, 1)
    input_px: int = 64
    window: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    def cost(self) -> int:
        """Multiply-adds of the blocks for one whole picture: half the side and twice the channels at each stage."""
        return 2 * 9 * (self.width * self.input_px // 2) ** 2 * sum(self.blocks)

    def view(self, images: Tensor) -> Tensor:
        """What the sub-model looks at: the picture at its input size, cut to its window."""
        left, top, right, bottom = (round(edge * self.input_px) for edge in self.window)
        seen = resized(images, self.input_px)[:, :, top:bottom, left:right]
        return seen.contiguous(memory_format=torch.channels_last)


class SubModel(nn.Module):
    """One classifier for a group of related attributes."""

    def __init__(self, attributes: tuple[Attribute, ...], shape: Shape) -> None:
        super().__init__()
        self.attributes, self.shape = attributes, shape
        self.backbone = NarrowResNet(shape.width, shape.blocks)
        self.widths = [raw_width(attribute) for attribute in attributes]
        self.output = nn.Linear(GRID * GRID * GRID_CHANNELS, sum(self.widths))
        self.register_buffer("centre", torch.zeros(len(attributes)))
        self.register_buffer("spread", torch.ones(len(attributes)))
        nn.init.normal_(self.output.weight, std=0.01)
        nn.init.zeros_(self.output.bias)
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def features(self, images: Tensor) -> Tensor:
        """What the last layer sees, [n, 512], for pictures [n, 3, r, r] in [-1, 1] of any size."""
        features: Tensor = self.backbone(self.shape.view(images))
        return features

    def maps(self, images: Tensor) -> list[Tensor]:
        """What each stage sees of the same pictures, [n, c, h, w] from fine to coarse; differentiable."""
        return self.backbone.stages(self.shape.view(images))

    def forward(self, images: Tensor) -> list[Tensor]:
        """Raw outputs, one float32 tensor [n, k] per attribute (k: see ``heads.raw_width``)."""
        return self.split(self.features(images))

    def split(self, features: Tensor) -> list[Tensor]:
        """Raw outputs from features."""
        with torch.autocast(features.device.type, enabled=False):
            return list(self.output(features.float()).split(self.widths, dim=1))


def resized(images: Tensor, size_px: int) -> Tensor:
    """Pictures at another size, differentiable: averaged when they shrink, interpolated when they grow."""
    height = images.shape[-1]
    if height == size_px:
        return images
    if height > size_px and height % size_px == 0:
        return F.avg_pool2d(images, height // size_px)
    return F.interpolate(images, size=(size_px, size_px), mode="bilinear", antialias=height > size_px)
