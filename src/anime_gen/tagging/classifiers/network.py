"""The network of a sub-model: a narrow torchvision ResNet that keeps where things are, and a linear layer of heads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import anime_gen.torchvision_compat  # noqa: F401  # before torchvision

from torchvision.models.resnet import BasicBlock, ResNet  # isort: skip

from anime_gen.attributes import Attribute
from anime_gen.tagging.classifiers.heads import raw_width

GRID = 4  # features are kept on a 4 x 4 grid: eye spacing or head turn is a matter of place, which an average forgets
GRID_CHANNELS = 32


class NarrowResNet(ResNet):
    """torchvision's ResNet with its four stages from ``width`` channels, a 3 x 3 stem and no max pooling.

    The stock stem throws away three quarters of a 64-pixel face before the first block; pupils and mouth corners are
    two pixels wide there.
    """

    def __init__(self, width: int, blocks: tuple[int, int, int, int]) -> None:
        super().__init__(BasicBlock, [1, 1, 1, 1], num_classes=1)
        self.inplanes = width
        self.conv1 = nn.Conv2d(3, width, kernel_size=3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.Identity()
        self.layer1 = self._make_layer(BasicBlock, width, blocks[0])
        self.layer2 = self._make_layer(BasicBlock, width * 2, blocks[1], stride=2)
        self.layer3 = self._make_layer(BasicBlock, width * 4, blocks[2], stride=2)
        self.layer4 = self._make_layer(BasicBlock, width * 8, blocks[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(GRID)
        self.fc = nn.Identity()
        self.reduce = nn.Conv2d(width * 8, GRID_CHANNELS, kernel_size=1)
        self._start_weights()

    def _start_weights(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def stages(self, x: Tensor) -> list[Tensor]:
        """The feature map [n, c, h, w] after each of the four stages, from fine to coarse."""
        x = self.relu(self.bn1(self.conv1(x)))
        maps = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
            maps.append(x)
        return maps

    def summary(self, last: Tensor) -> Tensor:
        """The last stage's map on a coarse grid, [n, 512]."""
        result: Tensor = self.relu(self.reduce(self.avgpool(last))).flatten(1)
        return result

    def _forward_impl(self, x: Tensor) -> Tensor:
        return self.summary(self.stages(x)[-1])


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
