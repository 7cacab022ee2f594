"""Training pictures in an order that is a pure function of the images seen."""

import hashlib

import numpy as np
import torch
from torch.nn import functional

from anime_gen.images.faces import Faces
from anime_gen.stylegan2.networks.resample import downsample2, upsample2
from anime_gen.stylegan2.streams import stream_key

RESIDENT_BYTES = 2 * 2**30  # uint8 pictures up to this size are held in memory
LOADED_AT_ONCE = 4096
GPU_SHARE = 0.4  # of a GPU's free memory may hold the whole set at full size, and a batch is averaged down there


class Reals:
    """Batches of real pictures of one stage: float32 [n, 3, r, r] in [-1, 1].

    Pictures lie on the device as uint8 when they fit, so that a step copies nothing from the host: on a GPU all of them
    at full size, once for all stages, else those of the stage.
    """

    def __init__(
        self,
        faces: Faces,
        rows: np.ndarray,
        resolution: int,
        seed: int,
        device: torch.device,
        tags: np.ndarray | None = None,
        before: "Reals | None" = None,
    ) -> None:
        """`tags` [len(rows), k] belong to `rows`; `before` is the stage below, on the same faces."""
        self.resolution = resolution
        self.rows = rows
        self._tags = None if tags is None else torch.from_numpy(tags.astype(np.float32)).to(device)
        self.seed = seed
        self.device = device
        self._order: tuple[int, np.ndarray] | None = None
        fits = device.type == "cuda" and _size(faces, rows) <= GPU_SHARE * torch.cuda.mem_get_info(device)[0]
        self.shared: bool = fits if before is None else before.shared
        self.faces: Faces = faces if self.shared else faces.at(resolution)
        self._resident: torch.Tensor | None = None
        if before is not None and self.shared:
            self._resident = before._resident
        elif self.shared or _size(self.faces, rows) <= RESIDENT_BYTES:
            self._resident = self._loaded()

    def _loaded(self) -> torch.Tensor:
        side = self.faces.resolution
        pictures = torch.empty(len(self.rows), side, side, 3, dtype=torch.uint8, device=self.device)
        for first in range(0, len(self.rows), LOADED_AT_ONCE):
            part = self.faces.read(self.rows[first : first + LOADED_AT_ONCE])
            pictures[first : first + len(part)] = torch.from_numpy(part).to(self.device)
        return pictures

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
        pixels: torch.Tensor = pictures.permute(0, 3, 1, 2).float()
        if self.faces.resolution > self.resolution:  # the same bytes as `area_average`
            pixels = (functional.avg_pool2d(pixels, self.faces.resolution // self.resolution) + 0.5).floor()
        return pixels / 127.5 - 1.0

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


def _size(faces: Faces, rows: np.ndarray) -> int:
    return len(rows) * faces.resolution**2 * 3


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
