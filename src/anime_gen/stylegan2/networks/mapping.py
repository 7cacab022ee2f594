"""Mapping network: w = f(z), or f(z) + g(tags) for a conditional generator (StyleGAN2, figure 2).

Truncation is that of StyleGAN, section 4.3, and pulls f(z) alone: tags stay what they are.
"""

import itertools

import torch
from torch import nn

from anime_gen.stylegan2.networks.condition import ConditionNetwork
from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.equalized import EqualizedLinear

W_AVG_BETA = 0.998


def normalize_second_moment(z: torch.Tensor) -> torch.Tensor:
    """Scale each row to a mean square of one."""
    return z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


class MappingNetwork(nn.Module):
    """Fully connected layers at a lower learning rate, and `w_avg` [w_dim], the centre that truncation pulls to.

    `tags` is g of a conditional generator, else None.
    """

    w_avg: torch.Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.num_ws = config.num_ws
        sizes = [config.z_dim] + [config.w_dim] * config.mapping_layers
        self.layers = nn.ModuleList(
            EqualizedLinear(i, o, activate=True, lr_multiplier=config.mapping_lr_multiplier)
            for i, o in itertools.pairwise(sizes)
        )
        self.register_buffer("w_avg", torch.zeros(config.w_dim))
        columns = config.condition
        self.tags = ConditionNetwork(columns, config.condition_rows, config.w_dim) if columns else None

    def to_w(self, z: torch.Tensor) -> torch.Tensor:
        """[n, z_dim] -> f(z) [n, w_dim], without truncation."""
        x = normalize_second_moment(z.to(self.w_avg.dtype))
        for layer in self.layers:
            x = layer(x)
        return x

    def truncate(self, ws: torch.Tensor, psi: float = 1.0, cutoff: int | None = None) -> torch.Tensor:
        """Pull the first `cutoff` of the vectors ws [n, num_ws, w_dim] towards `w_avg`; psi 1 changes nothing."""
        if psi == 1.0:
            return ws
        pulled = self.w_avg.lerp(ws[:, :cutoff], psi)
        return pulled if cutoff is None else torch.cat([pulled, ws[:, cutoff:]], dim=1)

    def forward(
        self, z: torch.Tensor, psi: float = 1.0, cutoff: int | None = None, tags: torch.Tensor | None = None
    ) -> torch.Tensor:
        """[n, z_dim], tags [n, k] -> ws [n, num_ws, w_dim]; `cutoff` limits truncation to the first layers.

        Without tags a conditional generator takes them as unknown.
        """
        ws = self.to_w(z).unsqueeze(1).expand(-1, self.num_ws, -1)
        return self.add_tags(self.truncate(ws, psi, cutoff), tags)

    def add_tags(self, ws: torch.Tensor, tags: torch.Tensor | None) -> torch.Tensor:
        """Ws [n, num_ws, w_dim] + g(tags), the same for every layer; unchanged for an unconditional generator."""
        if self.tags is None:
            return ws
        if tags is None:
            tags = torch.full((len(ws), len(self.tags.mean)), torch.nan, device=ws.device)
        result: torch.Tensor = ws + self.tags(tags)[:, None]
        return result

    @torch.no_grad()
    def track_average(self, mean: torch.Tensor) -> None:
        """Move `w_avg` a little towards the mean [w_dim] of a batch of f(z)."""
        self.w_avg.lerp_(mean, 1.0 - W_AVG_BETA)
