"""Training pictures in an order that is a pure function of the images seen."""

import hashlib

import numpy as np
import torch

from anime_gen.images.faces import Faces
from anime_gen.stylegan2.networks.resample import downsample2, upsample2
from anime_gen.stylegan2.streams import stream_key

RESIDENT_BYTES = 2 * 2**30  # uint8 pictures up to this size are held in memory, on the training device


class Reals:
    """Batches of real pictures of one stage: float32 [n, 3, r, r] in [-1, 1].

    The pictures of a stage lie on the device as uint8 when they fit, so that a step copies nothing from the host.
    """

    def __init__(
        self,
        faces: Faces,
        rows: np.ndarray,
        resolution: int,
        seed: int,
        device: torch.device,
        tags: np.ndarray | None = None,
    ) -> None:
        """`tags` [len(rows), k] belong to `rows`."""
        self.faces = faces.at(resolution)
        self.rows = rows
        self._tags = None if tags is None else torch.from_numpy(tags.astype(np.float32)).to(device)
        self.seed = seed
        self.device = device
        self._order: tuple[int, np.ndarray] | None = None
        self._resident: torch.Tensor | None = None
        if len(rows) * resolution * resolution * 3 <= RESIDENT_BYTES:
            pictures = [self.faces.read(part) for part in np.array_split(rows, max(1, len(rows) // 4096))]
            self._resident = torch.from_numpy(np.concatenate(pictures)).to(device)

    def batch(self, images: int, count: int) -> torch.Tensor:
        """The `count` pictures that follow after `images` pictures have been seen."""
        return self.pictures(self.positions(images, count))

    def tags(self, images: int, count: int) -> torch.Tensor:
        """The tags [count, k] of the same pictures."""
        assert self._tags is not None
        return self._tags[torch.from_numpy(self.positions(images, count)).to(self.device)]

    def pictures(self, positions: np.ndarray) -> torch.Tensor:
        """The pictures at these positions in `rows`."""
        if self._resident is not None:
            pictures = self._resident[torch.from_numpy(positions).to(self.device)]
        else:
            pictures = torch.from_numpy(self.faces.read(self.rows[positions])).to(self.device)
        return pictures.permute(0, 3, 1, 2).float() / 127.5 - 1.0

    def positions(self, images: int, count: int) -> np.ndarray:
        """Positions in `rows`: every pass goes through all of them once, each time in another order."""
        clock = np.arange(images, images + count)
        passes, places = np.divmod(clock, len(self.rows))
        return np.concatenate([self._permutation(int(p))[places[passes == p]] for p in np.unique(passes)])

    def _permutation(self, number: int) -> np.ndarray:
        if self._order is None or self._order[0] != number:
            bits = np.random.Philox(key=stream_key(self.seed, "order", number))
            self._order = (number, np.random.Generator(bits).permutation(len(self.rows)))
        return self._order[1]


def fade_reals(images: torch.Tensor, alpha: float) -> torch.Tensor:
    """Blend real pictures with their own lower resolution while a block fades in, as generated ones are blended."""
    if alpha >= 1.0:
        return images
    return torch.lerp(upsample2(downsample2(images)), images, alpha)


def data_fingerprint(faces: Faces, rows: np.ndarray) -> str:
    """sha256 of what is trained on: the faces' own fingerprint and the chosen rows."""
    digest = hashlib.sha256(faces.fingerprint.encode())
    digest.update(np.ascontiguousarray(rows, dtype=np.int64).tobytes())
    return digest.hexdigest()
