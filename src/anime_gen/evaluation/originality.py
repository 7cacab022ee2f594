"""Is one new picture too near to a training picture? A small table that travels with the model answers at once.

The table holds short codes of every training picture, whole and without borders of several widths, in bytes; the
search is that of `memorisation` (blur, mirroring, shifts, cut borders, recolouring). How near is near: the table also
holds how near held-out pictures, which are certainly no copies, come to the training set. Closer than all but 1 % of
them is an alarm, so one new picture in a hundred raises it by chance.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import torch
from safetensors import safe_open

from anime_gen.evaluation.distances.memorisation import BLOCK, Codes, shrunk, to_tensor, variants, views
from anime_gen.images.faces import Faces
from anime_gen.latent.protocols import Progress, silent
from anime_gen.stylegan2.networks.weights import write_tensors

SIZE = 64
"""Numbers of a code: half as many miss cut copies, twice as many double the table."""
HELD_OUT = 2000
"""Held-out pictures whose distances are kept, at most."""
FEWEST = 20
"""Training and held-out pictures below which nothing can be said."""
ALARM = 0.01
"""Share of new pictures that come closer by chance."""
QUERIES = 4
"""Pictures searched for at a time, under all their variants at once: bounds the memory."""


@dataclass(frozen=True)
class Likeness:
    """The training picture nearest to a picture: its `name` in the source and the `distance`, 0 (equal) to 2.

    `closer`: share of held-out pictures that come as close to some training picture.
    """

    name: str
    distance: float
    closer: float

    @property
    def too_near(self) -> bool:
        """Closer than all but 1 % of new pictures."""
        return self.closer < ALARM


@dataclass(frozen=True)
class Originals:
    """Codes int8 [k n, SIZE] of n training pictures in k views; `expected` [m]: sorted held-out distances."""

    codes: Codes
    known: torch.Tensor
    expected: np.ndarray
    names: list[str]
    source: str

    @classmethod
    def of(
        cls, train: Faces, held_out: np.ndarray, names: list[str], source: str, progress: Progress = silent
    ) -> Self | None:
        """The table of `train`, whose pictures are called `names`; None for fewer than 20 faces on either side.

        `held_out` uint8 [m, r, r, 3] are pictures that the generator never saw; `source` names the set.
        """
        if len(train) < FEWEST or len(held_out) < FEWEST:
            return None
        small = shrunk(train)
        codes = Codes.fitted(small, SIZE)
        noted = []
        for start in progress(range(0, len(small), BLOCK), f"noting {len(small):,} training faces"):
            part = to_tensor(small.read(np.arange(start, min(start + BLOCK, len(small)))))
            noted.append(torch.stack([_to_bytes(codes(view)) for view in views(part)]))
        table = cls(codes, torch.cat(noted, dim=1).flatten(0, 1), np.zeros(0, np.float32), names, source)
        expected, _ = table.search(held_out[:HELD_OUT], progress)
        return cls(codes, table.known, np.sort(expected), names, source)

    def likeness(self, pixels: np.ndarray) -> Likeness:
        """The nearest training picture of uint8 `[r, r, 3]`."""
        distance, row = self.search(pixels[None])
        return Likeness(self.names[int(row[0])], float(distance[0]), self.closer(float(distance[0])))

    @cached_property
    def _lengths(self) -> torch.Tensor:
        """Length [k n] of each code as its bytes are."""
        return self.known.float().norm(dim=1).clamp_min(1e-12)

    def closer(self, distance: float) -> float:
        """Share of held-out pictures that lie at most so far from their nearest training picture."""
        return float(np.searchsorted(self.expected, distance, side="right")) / len(self.expected)

    def search(self, pictures: np.ndarray, progress: Progress = silent) -> tuple[np.ndarray, np.ndarray]:
        """Distance [n] to the nearest training picture of each uint8 `[n, r, r, 3]`, and that picture's row [n]."""
        known = self.known.float()
        distances, rows = [], []
        for start in progress(range(0, len(pictures), QUERIES), f"comparing {len(pictures):,} held-out faces"):
            asked = to_tensor(pictures[start : start + QUERIES])
            codes = torch.cat([self.codes(variant) for variant in variants(asked)])
            similarity, row = (codes @ known.T / self._lengths).unflatten(0, (-1, len(asked))).amax(0).max(1)
            distances.append((2.0 - 2.0 * similarity).clamp_min(0.0).sqrt())
            rows.append(row % len(self.names))
        return torch.cat(distances).numpy(), torch.cat(rows).numpy()

    def save(self, path: Path) -> None:
        """Write safetensors, the names as UTF-8 lines."""
        names = torch.frombuffer(bytearray("\n".join(self.names).encode()), dtype=torch.uint8)
        tensors = {"mean": self.codes.mean, "basis": self.codes.basis.contiguous().half(), "known": self.known}
        tensors |= {"expected": torch.from_numpy(self.expected), "names": names}
        write_tensors(tensors, path, metadata={"source": self.source})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote; ValueError if its parts do not belong together."""
        with safe_open(str(path), framework="pt") as file:
            source = (file.metadata() or {}).get("source", "")
            read = {name: file.get_tensor(name) for name in ("mean", "basis", "known", "expected", "names")}
        names = bytes(read["names"].numpy()).decode().split("\n")
        if len(read["known"]) % len(names) or not len(read["expected"]):
            raise ValueError(f"{path} lists {len(names)} training pictures and holds {len(read['known'])} codes")
        codes = Codes(read["mean"], read["basis"].float())
        return cls(codes, read["known"], read["expected"].numpy(), names, source)


def _to_bytes(codes: torch.Tensor) -> torch.Tensor:
    """Unit vectors as int8, each with its largest part at 127: only their direction counts."""
    return (codes / codes.abs().amax(1, keepdim=True).clamp_min(1e-12) * 127.0).round().to(torch.int8)
