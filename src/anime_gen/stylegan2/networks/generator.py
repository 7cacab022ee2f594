"""The generator: mapping and synthesis together."""

from typing import Any

import torch
from torch import nn

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.mapping import MappingNetwork
from anime_gen.stylegan2.networks.synthesis import Noise, SynthesisNetwork


class Generator(nn.Module):
    """StyleGAN2 generator of one `NetworkConfig`; `card` tells of its training, empty until it was saved once."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.card: dict[str, Any] = {}
        self.mapping = MappingNetwork(config)
        self.synthesis = SynthesisNetwork(config)

    @property
    def num_ws(self) -> int:
        """Number of w vectors the synthesis network takes."""
        return self.config.num_ws

    def forward(
        self,
        z: torch.Tensor,
        psi: float = 1.0,
        cutoff: int | None = None,
        noise: Noise = "constant",
        tags: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Z [n, z_dim], tags [n, k] or None -> image [n, 3, r, r] in about [-1, 1]."""
        result: torch.Tensor = self.synthesis(self.mapping(z, psi, cutoff, tags), noise)
        return result
