"""Groups of near duplicates: the same picture flipped, rescaled, recompressed or shifted by a little.

Perceptual hashes propose pairs, a check in pixels decides. Copies keep their mean brightness, so faces sorted by it
need comparing only within a narrow window: 71,000 faces take seconds.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anime_gen.images.alignment import same_picture
from anime_gen.images.store import FaceStore

HASH_DISTANCE = 14  # of 64 bits: 99 % of copies shifted by 2 px both ways lie within it
BRIGHTNESS = 3.0  # grey levels that the mean of a copy may differ by
THUMBNAIL = 16
THUMBNAIL_DISTANCE = 10.0  # mean absolute difference in grey levels; look-alikes differ by more before a copy does
_CELLS = 4_000_000  # hash pairs compared at once: bounds memory
_CHUNK = 64  # face pairs aligned at once


class Pairs(NamedTuple):
    """Candidate pairs: rows int64 `[n]`, and whether the second is to be mirrored, bool `[n]`."""

    first: np.ndarray
    second: np.ndarray
    mirrored: np.ndarray


def group_near_duplicates(faces: FaceStore, hashes: np.ndarray, mirrored_hashes: np.ndarray) -> np.ndarray:
    """Group number int64 `[n]` of every face, numbered by first appearance; a face without a copy is its own group.

    `hashes` are the 64-bit perceptual hashes of the faces, `mirrored_hashes` those of their mirror images.
    """
    thumbnails = _thumbnails(faces)
    parents = np.arange(len(faces))
    for pairs in _candidates(thumbnails, hashes.astype(np.uint64), mirrored_hashes.astype(np.uint64)):
        for start in range(0, len(pairs.first), _CHUNK):
            chunk = Pairs(*(part[start : start + _CHUNK] for part in pairs))
            second = faces.read(chunk.second)
            second[chunk.mirrored] = second[chunk.mirrored][:, :, ::-1]
            same = same_picture(faces.read(chunk.first), second)
            for a, b in zip(chunk.first[same].tolist(), chunk.second[same].tolist(), strict=True):
                _join(parents, a, b)
    roots = np.array([_root(parents, i) for i in range(len(parents))], np.int64)
    _, groups = np.unique(roots, return_inverse=True)  # a root is the first row of its group, so order is kept
    return groups.astype(np.int64)


def _thumbnails(faces: FaceStore) -> np.ndarray:
    """All faces at 16 px (or their own side when that is no multiple), uint8 `[n, t, t, 3]`, read in blocks."""
    side = THUMBNAIL if faces.resolution % THUMBNAIL == 0 else faces.resolution
    small = faces.at(side)
    thumbnails = np.empty((len(faces), side, side, 3), np.uint8)
    for start in range(0, len(faces), 1024):
        rows = np.arange(start, min(start + 1024, len(faces)))
        thumbnails[rows] = small.read(rows)
        faces.release()
    return thumbnails


def _candidates(thumbnails: np.ndarray, hashes: np.ndarray, mirrored: np.ndarray) -> Iterator[Pairs]:
    """Pairs with close hashes, close brightness and close thumbnails."""
    brightness = thumbnails.mean(axis=(1, 2, 3))
    order = np.argsort(brightness, kind="stable")
    brightness, hashes, mirrored = brightness[order], hashes[order], mirrored[order]
    start = 0
    while start < len(order):
        reach = int(np.searchsorted(brightness, brightness[start] + BRIGHTNESS, side="right"))
        stop = min(start + max(1, min(512, _CELLS // max(1, reach - start))), len(order))
        reach = int(np.searchsorted(brightness, brightness[stop - 1] + BRIGHTNESS, side="right"))
        rows = np.arange(start, stop)
        for flip, others in ((False, hashes), (True, mirrored)):
            distance = np.bitwise_count(hashes[start:stop, None] ^ others[None, start:reach])
            i, j = np.nonzero(distance <= HASH_DISTANCE)
            later = start + j > rows[i]
            first, second = order[rows[i[later]]], order[start + j[later]]
            close = _close_thumbnails(thumbnails, first, second, flip)
            yield Pairs(first[close], second[close], np.full(int(close.sum()), flip))
        start = stop


def _close_thumbnails(thumbnails: np.ndarray, first: np.ndarray, second: np.ndarray, flip: bool) -> np.ndarray:
    close = np.empty(len(first), bool)
    for start in range(0, len(first), 8192):
        part = slice(start, start + 8192)
        a, b = thumbnails[first[part]].astype(np.int16), thumbnails[second[part]].astype(np.int16)
        close[part] = np.abs(a - (b[:, :, ::-1] if flip else b)).mean(axis=(1, 2, 3)) <= THUMBNAIL_DISTANCE
    return close


def _root(parents: np.ndarray, i: int) -> int:
    while parents[i] != i:
        parents[i] = parents[parents[i]]
        i = int(parents[i])
    return i


def _join(parents: np.ndarray, a: int, b: int) -> None:
    """Unite two groups; the root is the smaller row."""
    low, high = sorted((_root(parents, a), _root(parents, b)))
    parents[high] = low
