"""Drawings made larger by a small network that was taught on our own: lines stay lines, where a filter blurs them.

Sub-pixel convolution over a plain interpolation (Shi et al. 2016, section 3; residual learning as in VDSR, Kim et al.
2016, section 3.1). It doubles the side; larger factors are doublings of doublings, so one network serves them all.
"""

from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

WEIGHTS = Path(__file__).with_name("enlarger.safetensors")
WIDTH, LAYERS = 32, 5
LARGEST_PX = 4096


class Enlarger(nn.Module):
    """Pictures [n, 3, h, w] in [-1, 1] -> [n, 3, 2h, 2w]."""

    def __init__(self) -> None:
        super().__init__()
        widths = [3] + [WIDTH] * LAYERS
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1, padding_mode="replicate") for before, after in pairwise(widths)
        )
        self.last = nn.Conv2d(WIDTH, 12, 3, padding=1, padding_mode="replicate")
        for parameter in self.last.parameters():  # an untaught one interpolates
            nn.init.zeros_(parameter)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Twice the side: bilinear interpolation plus what the network adds to each of the four new pixels."""
        x = images
        for layer in self.layers:
            y = functional.leaky_relu(layer(x), 0.1)
            x = y if x.shape[1] == 3 else x + y
        smooth = functional.interpolate(images, scale_factor=2.0, mode="bilinear", align_corners=False)
        result: torch.Tensor = smooth + functional.pixel_shuffle(self.last(x), 2)
        return result


@lru_cache(maxsize=1)
def _network() -> Enlarger:
    network = Enlarger()
    network.load_state_dict(load_file(WEIGHTS))
    return network.eval().requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


@torch.inference_mode()
def enlarge(pixels: np.ndarray, side_px: int) -> np.ndarray:
    """A picture uint8 [r, r, 3] at `side_px` pixels, uint8 [side_px, side_px, 3].

    Larger: doubled as often as needed, then averaged down to the exact side; smaller: averaged down. The same bytes for
    the same input on one machine. Raises ValueError for a side outside 1..4096.
    """
    if not 1 <= side_px <= LARGEST_PX:
        raise ValueError(f"the side must be from 1 to {LARGEST_PX} pixels; it is {side_px}")
    if len(pixels) < side_px:
        images = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1.0
        while images.shape[-1] < side_px:
            images = _network()(images.contiguous(memory_format=torch.channels_last)).clamp(-1.0, 1.0)
        pixels = ((images[0] + 1.0) * 127.5).round().byte().permute(1, 2, 0).contiguous().numpy()
    if len(pixels) == side_px:
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((side_px, side_px), Image.Resampling.LANCZOS))
