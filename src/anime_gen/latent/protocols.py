"""What this package needs of a generator and of the taggers: small enough to be played by a toy in a test."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch

from anime_gen.attributes import Column, Vocabulary

Progress = Callable[[Sequence[Any], str], Iterable[Any]]
"""Wraps a sequence of batches to show how far they are, under a label (tqdm in pipelines, nothing in tests)."""


def silent(items: Sequence[Any], label: str) -> Iterable[Any]:
    """The Progress that shows nothing."""
    return items


class Painter(Protocol):
    """Layer-wise latents to pictures: `generator.synthesis`, a runtime's `synthesise`, or a toy."""

    def __call__(self, ws: torch.Tensor, /) -> torch.Tensor:
        """[n, num_ws, w_dim] -> [n, 3, r, r] in [-1, 1]."""
        ...


class GeneratorLike(Protocol):
    """The part of a generator that sampling latents needs."""

    @property
    def num_ws(self) -> int:
        """Layers that take a w."""
        ...

    @property
    def config(self) -> Any:
        """Has `z_dim`."""
        ...

    @property
    def mapping(self) -> Any:
        """(z [n, z_dim], psi) -> ws [n, num_ws, w_dim]; has `w_avg` [w_dim]; a conditional one also takes `tags`."""
        ...

    @property
    def synthesis(self) -> Any:
        """A `Painter`."""
        ...


class Reader(Protocol):
    """Reads attributes off pictures: the taggers together, or anything that plays them."""

    @property
    def vocabulary(self) -> Vocabulary:
        """The attributes it reads."""
        ...

    @property
    def columns(self) -> Sequence[Column]:
        """Meaning of each column of `readout`, in the vocabulary's order."""
        ...

    @property
    def input_px(self) -> int:
        """Side of the pictures it looks at: larger ones are made smaller."""
        ...

    def readout(self, images: torch.Tensor) -> torch.Tensor:
        """Pictures [n, 3, r, r] in [-1, 1] -> [n, columns]."""
        ...


class AbstainingReader(Reader, Protocol):
    """A reader that says which of its answers not to trust."""

    def tags(self, images: torch.Tensor) -> Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Attribute -> (values, confidence, abstained), each [n]."""
        ...


class PerceptiveReader(Reader, Protocol):
    """A reader whose inner maps can be compared."""

    def maps(self, images: torch.Tensor) -> dict[str, list[torch.Tensor]]:
        """Group -> maps [n, c, h, w] of pictures [n, 3, r, r], from fine to coarse; differentiable."""
        ...

    def readout_of_maps(self, maps: dict[str, list[torch.Tensor]]) -> torch.Tensor:
        """[n, columns] from the maps of the same pictures."""
        ...
