"""The generator: mapping and synthesis together."""

import torch
from torch import nn

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.mapping import MappingNetwork
from anime_gen.stylegan2.networks.synthesis import Noise, SynthesisNetwork


class Generator(nn.Module):
    """StyleGAN2 generator of one `NetworkConfig`."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
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
