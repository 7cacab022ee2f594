"""Synthesis network: ws -> image, with the skip generator of StyleGAN2 (section 4.1, figure 7).

Every block adds its own colours to the upsampled image of the block below, so the image of each lower resolution is a
by-product, and growing needs no other network: a new block fades in by scaling what it adds.
"""

from typing import Literal

import torch
from torch import nn

from anime_gen.stylegan2.networks.config import NetworkConfig, num_ws
from anime_gen.stylegan2.networks.modulation import ModulatedConv2d, ToRGB
from anime_gen.stylegan2.networks.resample import upsample2

Noise = Literal["constant", "random"]


class SynthesisBlock(nn.Module):
    """One resolution: up-convolution, convolution, colours. The 4x4 block starts from a learned constant instead.

    The up-convolution convolves at the lower resolution and then interpolates: as many products as StyleGAN2's
    transposed convolution, but an ordinary 3x3 convolution, which every machine runs fast.
    """

    constant: nn.Parameter | None

    def __init__(self, config: NetworkConfig, resolution: int) -> None:
        super().__init__()
        self.resolution = resolution
        out = config.channels(resolution)
        first = resolution == 4
        noise = resolution <= config.noise_px
        self.constant = nn.Parameter(torch.randn(1, out, 4, 4)) if first else None
        self.conv0 = (
            None if first else ModulatedConv2d(config.channels(resolution // 2), out, config.w_dim, resolution, noise)
        )
        self.conv1 = ModulatedConv2d(out, out, config.w_dim, resolution, noise)
        self.to_rgb = ToRGB(out, config.w_dim)
        self.first_w = 0 if first else num_ws(resolution) - 3  # index of the first w vector this block reads

    @property
    def convs(self) -> int:
        """Number of convolutions: 1 at 4x4, else 2; one more w vector feeds the colours."""
        return 1 if self.conv0 is None else 2

    def features(
        self,
        x: torch.Tensor | None,
        ws: torch.Tensor,
        noise: Noise = "constant",
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
    ) -> torch.Tensor:
        """Feature map [n, c, r, r] from the map below (None at 4x4) and this block's own ws [n, convs + 1, w_dim]."""
        if self.conv0 is None or x is None:
            assert self.constant is not None
            x = self.constant.to(dtype).expand(ws.shape[0], -1, -1, -1).contiguous(memory_format=torch.channels_last)
        else:
            y = upsample2(self.conv0.convolve(x.to(dtype), ws[:, 0]))
            x = self.conv0.finish(y, self._noise(self.conv0, noise, ws, generator))
        y = self.conv1.convolve(x, ws[:, self.convs - 1])
        return self.conv1.finish(y, self._noise(self.conv1, noise, ws, generator))

    def forward(
        self,
        x: torch.Tensor | None,
        image: torch.Tensor | None,
        ws: torch.Tensor,
        noise: Noise = "constant",
        generator: torch.Generator | None = None,
        dtype: torch.dtype = torch.float32,
        alpha: float = 1.0,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(features, image) from those of the block below and this block's ws; `alpha` scales the colours it adds."""
        x = self.features(x, ws, noise, generator, dtype)
        colours = self.to_rgb(x, ws[:, self.convs])
        if image is None:
            return x, colours
        return x, upsample2(image) + (colours if alpha == 1.0 else colours * alpha)

    def _noise(
        self, conv: ModulatedConv2d, noise: Noise, ws: torch.Tensor, generator: torch.Generator | None
    ) -> torch.Tensor | None:
        if conv.noise_strength is None:
            return None
        if noise == "constant":
            return conv.noise_constant[None, None]
        shape = (ws.shape[0], 1, self.resolution, self.resolution)
        return torch.randn(shape, generator=generator, device=ws.device)


class SynthesisNetwork(nn.Module):
    """Blocks from 4x4 to the target resolution."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(SynthesisBlock(config, resolution) for resolution in config.resolutions)

    def block_ws(self, ws: torch.Tensor, index: int) -> torch.Tensor:
        """The ws [n, convs + 1, w_dim] that block `index` reads; its last vector is also the next block's first."""
        block = self.blocks[index]
        assert isinstance(block, SynthesisBlock)
        return ws[:, block.first_w : block.first_w + block.convs + 1]

    def forward(
        self,
        ws: torch.Tensor,
        noise: Noise = "constant",
        generator: torch.Generator | None = None,
        resolution: int | None = None,
        alpha: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ) -> torch.Tensor:
        """Ws [n, num_ws, w_dim] -> image [n, 3, r, r] in about [-1, 1], float32.

        `resolution` stops at a lower block (growing); `alpha` in [0, 1] is that block's fade-in; `generator` draws the
        random noise; `dtype` is the precision of the feature maps.
        """
        return self.pyramid(ws, noise, generator, resolution, alpha, dtype)[-1]

    def pyramid(
        self,
        ws: torch.Tensor,
        noise: Noise = "constant",
        generator: torch.Generator | None = None,
        resolution: int | None = None,
        alpha: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ) -> list[torch.Tensor]:
        """The same image at the end of all those it is built on, from 4x4 on."""
        x: torch.Tensor | None = None
        images: list[torch.Tensor] = []
        last = resolution or self.blocks[-1].resolution
        for index, block in enumerate(self.blocks):
            fade = alpha if block.resolution == last else 1.0
            below = images[-1] if images else None
            x, image = block(x, below, self.block_ws(ws, index), noise, generator, dtype, fade)
            images.append(image)
            if block.resolution == last:
                break
        return images
