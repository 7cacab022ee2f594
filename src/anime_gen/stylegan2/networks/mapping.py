"""Mapping network z -> w with the running mean of w (StyleGAN2, figure 2; truncation as in StyleGAN, section 4.3)."""

import itertools

import torch
from torch import nn

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.equalized import EqualizedLinear

W_AVG_BETA = 0.998


def normalize_second_moment(z: torch.Tensor) -> torch.Tensor:
    """Scale each row to a mean square of one."""
    return z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


class MappingNetwork(nn.Module):
    """Fully connected layers at a lower learning rate, and `w_avg` [w_dim], the centre that truncation pulls to."""

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

    def to_w(self, z: torch.Tensor) -> torch.Tensor:
        """[n, z_dim] -> w [n, w_dim], without truncation."""
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

    def forward(self, z: torch.Tensor, psi: float = 1.0, cutoff: int | None = None) -> torch.Tensor:
        """[n, z_dim] -> ws [n, num_ws, w_dim]; `cutoff` limits truncation to the first layers."""
        ws = self.to_w(z).unsqueeze(1).expand(-1, self.num_ws, -1)
        return self.truncate(ws, psi, cutoff)

    @torch.no_grad()
    def track_average(self, w: torch.Tensor) -> None:
        """Move `w_avg` a little towards the mean of a batch w [n, w_dim]."""
        self.w_avg.lerp_(w.detach().mean(dim=0), 1.0 - W_AVG_BETA)
