"""Real faces for a comparison: which ones, and how many."""

from collections.abc import Sequence

import numpy as np

from anime_gen.images.faces import Faces


def read_split(faces: Faces, splits: np.ndarray, wanted: Sequence[str], count: int, seed: int) -> np.ndarray:
    """At most `count` faces of the wanted splits, uint8 [n, r, r, 3], chosen at random but the same each time.

    `splits` [len(faces)] holds each face's split. Raises ValueError if the two disagree in length.
    """
    if len(splits) != len(faces):
        raise ValueError(
            f"the index has {len(splits)} rows, the store {len(faces)} faces: run `kedro run --pipelines=ingest` again"
        )
    rows = np.flatnonzero(np.isin(splits, list(wanted)))
    chosen = np.random.default_rng(seed).permutation(rows)[:count]
    return faces.read(chosen)
