"""The layers of a generator whose weights no longer change, in PyTorch.

What depends on the weights alone is computed once: scaled weights, their sums of squares for demodulation, transformed
kernels, noise and bias with the activation's gain. Feature maps are channels_last and are finished in place.
"""

import torch
from torch.nn import functional

from anime_gen.stylegan2.networks import winograd
from anime_gen.stylegan2.networks.equalized import ACTIVATION_GAIN, LEAK
from anime_gen.stylegan2.networks.generator import Generator
from anime_gen.stylegan2.networks.modulation import EPSILON, ModulatedConv2d, ToRGB
from anime_gen.stylegan2.networks.resample import upsample2
from anime_gen.stylegan2.networks.synthesis import SynthesisBlock


def synthesis_blocks(generator: Generator) -> list[SynthesisBlock]:
    """The blocks of a generator from 4x4 upwards."""
    return [block for block in generator.synthesis.blocks if isinstance(block, SynthesisBlock)]


class FrozenConvolution:
    """One modulated convolution with everything constant folded."""

    def __init__(self, layer: ModulatedConv2d, resolution: int, upsample: bool) -> None:
        weight = (layer.weight * layer.weight_gain).contiguous(memory_format=torch.channels_last)
        self.affine_weight = (layer.affine.weight * layer.affine.gain).t().contiguous()
        self.affine_bias = layer.affine.bias * layer.affine.lr_multiplier
        self.power = (weight.square().sum(dim=(2, 3)).t() / ACTIVATION_GAIN**2).contiguous()  # [in, out]
        self.bias = (layer.bias * ACTIVATION_GAIN).view(1, -1, 1, 1)
        self.noise = None
        if layer.noise_strength is not None:
            self.noise = layer.noise_constant[None, None] * (layer.noise_strength * ACTIVATION_GAIN)
        self.upsample = upsample
        size = resolution // 2 if upsample else resolution
        fast = winograd.pays(_shape(1, weight.shape[1], size, size), weight)
        self.kernels = winograd.transform_kernel(weight) if fast else None
        self.weight = weight

    def __call__(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        """Feature map [1, out, r, r] from the one below and w [1, w_dim]."""
        styles = torch.addmm(self.affine_bias, w, self.affine_weight)
        scale = torch.addmm(x.new_tensor(EPSILON / ACTIVATION_GAIN**2), styles.square(), self.power).rsqrt_()
        x = x * styles[:, :, None, None]
        if self.kernels is None:
            y = functional.conv2d(x, self.weight, padding=1)
        else:
            y = winograd.forward_transformed(x, self.kernels)
        y = torch.addcmul(self.bias, y, scale[:, :, None, None])
        if self.upsample:
            y = upsample2(y)  # keeps a constant as it is, so the bias may come first
        if self.noise is not None:
            y = y.add_(self.noise)
        return functional.leaky_relu_(y, LEAK)


class FrozenColours:
    """One 1x1 modulated convolution to colours."""

    def __init__(self, layer: ToRGB) -> None:
        self.affine_weight = (layer.affine.weight * layer.affine.gain).t().contiguous()
        self.affine_bias = layer.affine.bias * layer.affine.lr_multiplier
        self.weight = (layer.weight * layer.weight_gain)[None]
        self.bias = layer.bias[:, None]

    def __call__(self, x: torch.Tensor, image: torch.Tensor | None, w: torch.Tensor) -> torch.Tensor:
        """Image [1, 3, r, r] so far, from the feature map and the image of the block below."""
        styles = torch.addmm(self.affine_bias, w, self.affine_weight)
        pixels = x.permute(0, 2, 3, 1).flatten(1, 2)
        colours = torch.bmm(self.weight * styles[:, None], pixels.transpose(1, 2)).add_(self.bias)
        colours = colours.view(1, 3, *x.shape[2:])
        return colours if image is None else colours.add_(upsample2(image))


class FrozenEngine:
    """All layers of a generator in PyTorch; a map is a tensor."""

    name = "PyTorch"

    @torch.no_grad()
    def __init__(self, generator: Generator) -> None:
        self.constant: torch.Tensor | None = None
        self.convolutions: list[FrozenConvolution] = []
        self.colourings: list[FrozenColours] = []
        for block in synthesis_blocks(generator):
            if block.constant is not None:
                self.constant = block.constant.detach().contiguous(memory_format=torch.channels_last)
            if block.conv0 is not None:
                self.convolutions.append(FrozenConvolution(block.conv0, block.resolution, upsample=True))
            self.convolutions.append(FrozenConvolution(block.conv1, block.resolution, upsample=False))
            self.colourings.append(FrozenColours(block.to_rgb))

    @torch.no_grad()
    def convolve(self, layer: int, x: torch.Tensor | None, w: torch.Tensor) -> torch.Tensor:
        """Feature map after convolution `layer`; the first one takes no map."""
        x = self.constant if x is None else x
        assert x is not None
        return self.convolutions[layer](x, w)

    @torch.no_grad()
    def colours(self, block: int, x: torch.Tensor, image: torch.Tensor | None, w: torch.Tensor) -> torch.Tensor:
        """Image after block number `block`."""
        return self.colourings[block](x, image, w)

    def picture(self, image: torch.Tensor) -> torch.Tensor:
        """The image as a tensor of its own."""
        return image.clone()


def frozen_is_fastest(generator: Generator) -> bool:
    """Whether a picture alone has a layer large enough for the Winograd form, which only this engine has."""
    widths = [(generator.config.channels(r), r) for r in generator.config.resolutions]
    return any(winograd.pays(_shape(1, c, r, r), _shape(c, c, 3, 3)) for c, r in widths)


def _shape(*sizes: int) -> torch.Tensor:
    return torch.empty(sizes, device="meta")
