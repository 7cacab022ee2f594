"""Groups of near duplicates: the same picture flipped, rescaled, recompressed or shifted by a little.

Perceptual hashes propose pairs, thumbnails drop most of them, an aligned comparison in pixels decides. Copies keep
their mean brightness, so faces sorted by it need comparing only within a narrow window.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from anime_gen.images.alignment import Difference, differences
from anime_gen.images.store import FaceStore

HASH_DISTANCE = 14  # of 64 bits: 99 % of copies shifted by 2 px both ways lie within it
BRIGHTNESS = 5.0  # grey levels that the mean of a copy may differ by
THUMBNAIL = 16
# Mean difference of thumbnails, in grey levels, beyond what a move of 0.8 thumbnail pixels explains: copies stay below
# 2.5, of other pairs with close hashes 98 % lie above 10.
THUMBNAIL_MOVE, THUMBNAIL_DISTANCE = 0.8, 4.0
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
    families = Families(len(faces))
    for pairs in _candidates(_thumbnails(faces), hashes.astype(np.uint64), mirrored_hashes.astype(np.uint64)):
        for start in range(0, len(pairs.first), _CHUNK):
            chunk = Pairs(*(part[start : start + _CHUNK] for part in pairs))
            second = faces.read(chunk.second)
            second[chunk.mirrored] = second[chunk.mirrored][:, :, ::-1]
            families.note(chunk, differences(faces.read(chunk.first), second))
        faces.release()
    return families.groups()


class Families:
    """Pairs that were compared, and the groups that follow from them.

    A recompressed copy is so noisy that it may also pass for a copy of a look-alike of its original, and would chain
    the two together. So groups are united from the surest link on, and only when most of the pairs compared between
    them are copies.
    """

    def __init__(self, count: int) -> None:
        """For `count` faces, none compared yet."""
        self._parents = list(range(count))
        self._links: list[tuple[float, int, int]] = []
        self._votes: dict[int, dict[int, int]] = {}  # root -> other root -> copies less non-copies between them

    def note(self, pairs: Pairs, found: Difference) -> None:
        """Remember which pairs are copies, how sure that is, and which are not."""
        sides = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
        for (a, b), copy, largest in zip(sides, found.is_copy.tolist(), found.largest.tolist(), strict=True):
            self._vote(a, b, 1 if copy else -1)
            if copy:
                self._links.append((largest, a, b))

    def groups(self) -> np.ndarray:
        """Group number int64 `[n]` of every face, by first appearance."""
        for _, a, b in sorted(self._links):
            low, high = sorted((self._root(a), self._root(b)))
            if low != high and self._votes[low][high] > 0:
                self._unite(low, high)
        roots = [self._root(i) for i in range(len(self._parents))]
        _, numbers = np.unique(np.array(roots, np.int64), return_inverse=True)  # a root is the first row of its group
        return numbers.astype(np.int64)

    def _vote(self, a: int, b: int, votes: int) -> None:
        for one, other in ((a, b), (b, a)):
            known = self._votes.setdefault(one, {})
            known[other] = known.get(other, 0) + votes

    def _root(self, i: int) -> int:
        while self._parents[i] != i:
            self._parents[i] = self._parents[self._parents[i]]
            i = self._parents[i]
        return i

    def _unite(self, low: int, high: int) -> None:
        self._parents[high] = low
        for other, votes in self._votes.pop(high).items():
            del self._votes[other][high]
            if other != low:
                self._vote(low, other, votes)


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
    for start in range(0, len(first), 4096):
        part = slice(start, start + 4096)
        a, b = thumbnails[first[part]].astype(np.float32), thumbnails[second[part]].astype(np.float32)
        down, right = np.gradient(a, axis=(1, 2))
        explained = THUMBNAIL_MOVE * (np.abs(down) + np.abs(right))
        rest = np.abs(a - (b[:, :, ::-1] if flip else b)) - explained
        close[part] = np.maximum(rest, 0).mean(axis=(1, 2, 3)) <= THUMBNAIL_DISTANCE
    return close
