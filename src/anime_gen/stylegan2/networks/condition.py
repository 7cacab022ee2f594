"""What a generator knows of tags: g(tags), and the table that says which tags occur (GAN-Control, Shoshan et al. 2021).

Tags come as columns, one number each, named "smile", "hair_hue:cos" or "hair_style:buns": the part before the colon is
the attribute. NaN is an unknown tag or one that does not apply.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from anime_gen.stylegan2.networks.equalized import EqualizedLinear

HIDDEN = 128
SMALLEST_DEVIATION = 0.1
"""A rarer tag than this is not magnified further when it is standardised."""


def attribute_of(column: str) -> str:
    """The attribute that a column belongs to."""
    return column.partition(":")[0]


def attribute_columns(columns: Sequence[str]) -> dict[str, list[int]]:
    """Attribute -> the places of its columns, in order."""
    places: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        places.setdefault(attribute_of(column), []).append(place)
    return places


class ConditionNetwork(nn.Module):
    """g: tags [n, k] -> what is added to w [n, w_dim], a linear map plus a small network; zero before training.

    It learns at the full rate, unlike the mapping network. Its table of tags, `rows` [r, k] with `known` [r, k], is
    what characters are drawn from: attributes occur together as they do in the data (see `TagSet.crossed`).
    """

    mean: torch.Tensor
    deviation: torch.Tensor
    rows: torch.Tensor
    known: torch.Tensor

    def __init__(self, columns: Sequence[str], rows: int, w_dim: int) -> None:
        super().__init__()
        size = len(columns)
        self.hidden = EqualizedLinear(2 * size, HIDDEN, activate=True)
        self.out = EqualizedLinear(HIDDEN, w_dim)
        self.direct = EqualizedLinear(2 * size, w_dim)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.direct.weight)
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("deviation", torch.ones(size))
        self.register_buffer("rows", torch.zeros(rows, size))
        self.register_buffer("known", torch.ones(rows, size, dtype=torch.bool))

    def encode(self, tags: torch.Tensor) -> torch.Tensor:
        """Tags [n, k] -> [n, 2k]: standardised, zero where unknown; then one where unknown."""
        unknown = tags.isnan()
        standard = ((tags - self.mean) / self.deviation).masked_fill(unknown, 0.0)
        return torch.cat([standard, unknown.to(standard.dtype)], dim=1)

    def forward(self, tags: torch.Tensor) -> torch.Tensor:
        """[n, k] -> [n, w_dim]."""
        x = self.encode(tags)
        added: torch.Tensor = self.direct(x) + self.out(self.hidden(x))
        return added

    @torch.no_grad()
    def set_table(self, tags: np.ndarray, rows: np.ndarray) -> None:
        """Take mean and deviation from the tags [m, k] of a training set, and the table's rows [r, k]."""
        self.mean.copy_(torch.from_numpy(np.nanmean(tags, axis=0)))
        self.deviation.copy_(torch.from_numpy(np.nanstd(tags, axis=0)).clamp_min(SMALLEST_DEVIATION))
        table = torch.from_numpy(rows.astype(np.float32))
        self.known.copy_(~table.isnan())
        self.rows.copy_(table.nan_to_num(0.0))

    def row(self, numbers: torch.Tensor) -> torch.Tensor:
        """Tags [n, k] of these rows of the table."""
        return self.rows[numbers].masked_fill(~self.known[numbers], torch.nan)
