"""What a trainer or a sub-model needs of a set of faces: a length, a resolution and random access.

`FaceStore` (on disk) and `ArrayFaces` (in memory) both satisfy `Faces`. Lower resolutions are derived by area
averaging, so that progressive training reads one store and never resizes a file twice.
"""

import hashlib
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np

READ_AT_ONCE = 256
"""Pictures that are held at their full size while many are made smaller."""


@runtime_checkable
class Faces(Protocol):
    """Square RGB pictures with random access; pictures are uint8 `[n, resolution, resolution, 3]`."""

    @property
    def resolution(self) -> int:
        """Side of every picture in pixels."""
        ...

    @property
    def fingerprint(self) -> str:
        """sha256 (hex) of the content: equal fingerprints mean equal pictures in equal order."""
        ...

    def __len__(self) -> int:
        """Number of pictures."""
        ...

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Pictures at `indices` (any integers in `[0, len)`, repeats allowed), a fresh uint8 array `[n, r, r, 3]`."""
        ...

    def at(self, resolution: int) -> "Faces":
        """The same faces, area-averaged to a resolution that divides this one."""
        ...


def area_average(pictures: np.ndarray, resolution: int) -> np.ndarray:
    """Average uint8 `[n, r, r, 3]` over whole blocks down to `[n, resolution, resolution, 3]`, rounding half up.

    Raises ValueError when `resolution` does not divide `r`: averaging would then mix parts of pixels.
    """
    side = pictures.shape[1]
    check_divides(side, resolution)
    factor = side // resolution
    if factor == 1:
        return pictures
    blocks = pictures.reshape(len(pictures), resolution, factor, resolution, factor, 3)
    # Two narrow sums are several times faster in numpy than one over two axes.
    sums = blocks.sum(axis=4, dtype=np.uint32).sum(axis=2, dtype=np.uint32)
    result: np.ndarray = ((sums + factor * factor // 2) // (factor * factor)).astype(np.uint8)
    return result


def read_smaller(
    faces: Faces, rows: np.ndarray, side: int, shrink: Callable[[np.ndarray, int], np.ndarray]
) -> np.ndarray:
    """Pictures uint8 `[n, side, side, 3]` that `shrink` makes of those at `rows`, a few of which are held at a time."""
    result = np.empty((len(rows), side, side, 3), np.uint8)
    for first in range(0, len(rows), READ_AT_ONCE):
        part = slice(first, first + READ_AT_ONCE)
        result[part] = shrink(faces.read(rows[part]), side)
    return result


def check_divides(side: int, resolution: int) -> None:
    """Raise ValueError unless pictures of `side` pixels can be averaged to `resolution` pixels."""
    if resolution < 1 or side % resolution:
        divisors = [d for d in range(4, side + 1) if side % d == 0]
        raise ValueError(f"faces of {side} px cannot be averaged to {resolution} px; allowed: {divisors}")


def check_indices(indices: np.ndarray, count: int) -> np.ndarray:
    """`indices` as int64 `[n]`; IndexError when one lies outside `[0, count)` (never wraps)."""
    rows = np.asarray(indices, dtype=np.int64).reshape(-1)
    if rows.size and (rows.min() < 0 or rows.max() >= count):
        raise IndexError(f"face indices must lie in 0..{count - 1}, got {rows.min()}..{rows.max()}")
    return rows


class ArrayFaces:
    """Faces held in memory: uint8 `[n, r, r, 3]`."""

    def __init__(self, pictures: np.ndarray, fingerprint: str | None = None) -> None:
        """Hold `pictures` without a copy; ValueError unless they are uint8 and square RGB.

        `fingerprint` is for pictures that are too many to read through and known by what made them.
        """
        if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3:
            raise ValueError(f"faces must be uint8 [n, r, r, 3], got {pictures.dtype} {list(pictures.shape)}")
        if pictures.shape[1] != pictures.shape[2]:
            raise ValueError(f"faces must be square, got {pictures.shape[2]}x{pictures.shape[1]} px")
        self._pictures = pictures
        self._fingerprint = fingerprint

    def __len__(self) -> int:
        return len(self._pictures)

    @property
    def resolution(self) -> int:
        """Side in pixels."""
        return int(self._pictures.shape[1])

    @property
    def fingerprint(self) -> str:
        """sha256 of shape and pixels, computed once."""
        if self._fingerprint is None:
            digest = hashlib.sha256(repr(self._pictures.shape).encode())
            digest.update(np.ascontiguousarray(self._pictures).data)
            self._fingerprint = digest.hexdigest()
        return self._fingerprint

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Pictures at `indices`, uint8 `[n, r, r, 3]`."""
        result: np.ndarray = self._pictures[check_indices(indices, len(self))]
        return result

    def at(self, resolution: int) -> "ArrayFaces":
        """All faces averaged to `resolution`, in memory."""
        return self if resolution == self.resolution else ArrayFaces(area_average(self._pictures, resolution))


class AveragedFaces:
    """A view of other faces at a lower resolution; averages what is read, when it is read."""

    def __init__(self, faces: Faces, resolution: int) -> None:
        """View `faces` at `resolution` pixels; ValueError unless it divides theirs."""
        check_divides(faces.resolution, resolution)
        self._faces = faces
        self._resolution = resolution

    def __len__(self) -> int:
        return len(self._faces)

    @property
    def resolution(self) -> int:
        """Side in pixels."""
        return self._resolution

    @property
    def fingerprint(self) -> str:
        """Derived from the fingerprint below, as the pictures are."""
        return hashlib.sha256(f"{self._faces.fingerprint}@{self._resolution}".encode()).hexdigest()

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Pictures at `indices`, uint8 `[n, resolution, resolution, 3]`; few are in memory at their full size."""
        rows = check_indices(indices, len(self))
        return read_smaller(self._faces, rows, self._resolution, area_average)

    def at(self, resolution: int) -> Faces:
        """Another view of the faces below, never an average of an average."""
        return self._faces.at(resolution)
