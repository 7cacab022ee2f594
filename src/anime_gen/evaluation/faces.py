"""Real faces for a comparison: which ones, and how many."""

import hashlib
from collections.abc import Sequence

import numpy as np

from anime_gen.images.faces import Faces, check_indices


class ChosenFaces:
    """Some rows of other faces, read when asked for."""

    def __init__(self, faces: Faces, rows: np.ndarray) -> None:
        """`rows` [n] of `faces`, in this order."""
        self._faces, self._rows = faces, rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def resolution(self) -> int:
        """Side in pixels."""
        return self._faces.resolution

    @property
    def fingerprint(self) -> str:
        """Of all the faces and the rows."""
        return hashlib.sha256(self._faces.fingerprint.encode() + self._rows.tobytes()).hexdigest()

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Pictures at `indices`, uint8 `[n, r, r, 3]`."""
        return self._faces.read(self._rows[check_indices(indices, len(self))])

    def at(self, resolution: int) -> Faces:
        """The same rows at a lower resolution."""
        return ChosenFaces(self._faces.at(resolution), self._rows)


def faces_of(faces: Faces, splits: np.ndarray, wanted: Sequence[str]) -> ChosenFaces:
    """All faces of the wanted splits; `splits` [len(faces)] holds each face's. ValueError if the lengths disagree."""
    if len(splits) != len(faces):
        raise ValueError(
            f"the index has {len(splits)} rows, the store {len(faces)} faces: run `kedro run --pipelines=ingest` again"
        )
    return ChosenFaces(faces, np.flatnonzero(np.isin(splits, list(wanted))))


def read_split(faces: Faces, splits: np.ndarray, wanted: Sequence[str], count: int, seed: int) -> np.ndarray:
    """At most `count` faces of the wanted splits, uint8 [n, r, r, 3], chosen at random but the same each time.

    `splits` [len(faces)] holds each face's split. Raises ValueError if the two disagree in length.
    """
    chosen = faces_of(faces, splits, wanted)
    return chosen.read(np.random.default_rng(seed).permutation(len(chosen))[:count])
