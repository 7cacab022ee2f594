"""The tags of a training set, as the trainer takes them."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from anime_gen.stylegan2.networks.condition import SMALLEST_DEVIATION, attribute_columns
from anime_gen.stylegan2.streams import stream_key

READ_PX = 64
"""What sub-models usually average pictures down to before they look at them."""

BLOCK = 64
"""Random faces among which each finds its second parent."""

Reader = Callable[[torch.Tensor], torch.Tensor]
"""Frozen sub-models: pictures [n, 3, r, r] in [-1, 1] -> the same columns [n, k] as the tags, differentiable."""


@dataclass(frozen=True)
class TagSet:
    """Tags `values` [pictures, k] in the order of `columns`; NaN is unknown or does not apply.

    `together` names attributes that are seen only with another one (size of glasses: glasses) and change hands with it;
    each of `readers` reads the same columns off a picture, and they take turns: what has learnt to please one of them
    has yet to please the next; `key` says which sub-models they are made of; `both_sides` names the attributes that
    each half of a face shows by itself (the colour of the eyes); of pictures larger than `read_px` the readers see no
    more than of those averaged down to it.
    """

    columns: tuple[str, ...]
    values: np.ndarray
    readers: tuple[Reader, ...]
    key: str = ""
    together: Mapping[str, str] = field(default_factory=dict)
    both_sides: tuple[str, ...] = ()
    read_px: int = READ_PX

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

    def crossed(self, count: int, seed: int) -> np.ndarray:
        """Tags [count, k] of new characters: each attribute is that of one of two real faces that are much alike.

        Every attribute is spread as in the data and they occur together much as they do there, yet no character has the
        tags of a training face: given those, a generator draws that face again. What one parent does not show is taken
        from the other.
        """
        random = np.random.Generator(np.random.Philox(key=stream_key(seed, "tag-table", 0)))
        number = len(self.values)
        first = random.permutation(np.resize(np.arange(number), max(number, count)))[:count]
        deviation = np.maximum(np.nanstd(self.values, axis=0), SMALLEST_DEVIATION)
        standard = np.nan_to_num((self.values - np.nanmean(self.values, axis=0)) / deviation)
        second = np.concatenate([_partners(standard, first[at : at + BLOCK]) for at in range(0, count, BLOCK)])
        rows: np.ndarray = self.values[first]
        donors = self.values[second]
        for places in self.groups:
            lead = places[0]
            take = np.where(np.isnan(donors[:, lead]), False, random.random(count) < 0.5) | np.isnan(rows[:, lead])
            rows[:, places] = np.where(take[:, None], donors[:, places], rows[:, places])
        return rows


def _partners(standard: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Another of these faces for each, nearest pairs first; everyone is taken once, so that no trait gets commoner."""
    tags = standard[faces]
    gap = np.square(tags[:, None] - tags[None]).sum(axis=2)
    np.fill_diagonal(gap, gap.max() + 1.0)  # oneself: the last resort
    partner = np.empty(len(faces), dtype=int)
    for _ in faces:
        one, other = np.unravel_index(gap.argmin(), gap.shape)
        partner[one] = other
        gap[one, :], gap[:, other] = np.inf, np.inf
    for lonely in np.flatnonzero(partner == np.arange(len(faces))):
        neighbour = (lonely + 1) % len(faces)
        partner[[lonely, neighbour]] = partner[[neighbour, lonely]]
    return faces[partner]
