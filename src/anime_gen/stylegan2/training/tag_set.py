"""The tags of a training set, as the trainer takes them."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from anime_gen.stylegan2.networks.condition import attribute_columns

Reader = Callable[[torch.Tensor], torch.Tensor]
"""Frozen sub-models: pictures [n, 3, r, r] in [-1, 1] -> the same columns [n, k] as the tags, differentiable."""


@dataclass(frozen=True)
class TagSet:
    """Tags `values` [pictures, k] in the order of `columns`; NaN is unknown or does not apply.

    `together` names attributes that are seen only with another one (size of glasses: glasses) and change hands with it;
    `reader` reads the same columns off a picture; `key` says which sub-models it is made of; `both_sides` names the
    attributes that each half of a face shows by itself (the colour of the eyes).
    """

    columns: tuple[str, ...]
    values: np.ndarray
    reader: Reader
    key: str = ""
    together: Mapping[str, str] = field(default_factory=dict)
    both_sides: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.columns):
            raise ValueError(f"tags must be [pictures, {len(self.columns)}]; they are {list(self.values.shape)}")
        for name, places in attribute_columns(self.columns).items():
            known = self.values[:, places]
            if not np.isfinite(known).any():
                raise ValueError(f"no picture has a tag of {name}: leave it out (train.tags.left_out)")
            if not (np.nanmax(known, axis=0) > np.nanmin(known, axis=0)).any():
                raise ValueError(
                    f"the tag {name} is the same in every picture, so it teaches nothing: leave it out "
                    "(train.tags.left_out) or take pictures that differ in it"
                )

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits of the tags and of what read them."""
        digest = hashlib.sha256("\n".join((*self.columns, self.key)).encode())
        digest.update(np.ascontiguousarray(self.values, dtype=np.float32).tobytes())
        return digest.hexdigest()[:16]

    @property
    def groups(self) -> list[list[int]]:
        """Columns that change hands as one: those of an attribute, and of what is seen only with it."""
        places = attribute_columns(self.columns)
        groups = {name: list(own) for name, own in places.items() if self.together.get(name) not in places}
        for name, with_what in self.together.items():
            if name in places and with_what in groups:
                groups[with_what] += places[name]
        return list(groups.values())
