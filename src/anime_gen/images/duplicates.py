"""Groups of near duplicates: the same picture flipped, rescaled, recompressed or shifted by a little.

Perceptual hashes propose pairs, thumbnails drop most of them, an aligned comparison in pixels decides. Copies keep
their mean brightness, so faces sorted by it need comparing only within a narrow window.

Thousands of frames of one scene are all copies of each other: comparing every pair would never end. So a face that has
more than `CROWD` close faces before it is compared with the nearest alone; if it is a copy of that, it follows it into
its group, and no later face is compared with it. Work for each face is bounded, a scene keeps little more than `CROWD`.
"""

from collections.abc import Callable
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
CROWD = 16  # close faces beyond which a face is compared with the nearest alone
NEAREST = 12  # of those, by thumbnail: a copy of the nearest follows it, others are compared with these
_BLOCK = 32  # faces searched at once
_CHUNK = 64  # face pairs aligned at once


class Pairs(NamedTuple):
    """Candidate pairs: rows int64 `[n]`, and whether the second is to be mirrored, bool `[n]`."""

    first: np.ndarray
    second: np.ndarray
    mirrored: np.ndarray

    def take(self, which: np.ndarray | slice) -> "Pairs":
        """Some of them."""
        return Pairs(self.first[which], self.second[which], self.mirrored[which])


def group_near_duplicates(
    faces: FaceStore,
    hashes: np.ndarray,
    mirrored_hashes: np.ndarray,
    done: Callable[[int], object] = lambda count: None,
) -> np.ndarray:
    """Group number int64 `[n]` of every face, numbered by first appearance; a face without a copy is its own group.

    `hashes` are the 64-bit perceptual hashes of the faces, `mirrored_hashes` those of their mirror images; `done` is
    told how many faces were compared with those before them.
    """
    search = _Search(faces, hashes.astype(np.uint64), mirrored_hashes.astype(np.uint64))
    for start in range(0, len(faces), _BLOCK):
        search.compare(start, min(start + _BLOCK, len(faces)))
        done(min(_BLOCK, len(faces) - start))
        faces.release()
    return search.families.groups()


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
        self._sponsors: dict[int, int] = {}  # a face that follows another one into its group

    def note(self, pairs: Pairs, found: Difference) -> None:
        """Remember which pairs are copies, how sure that is, and which are not."""
        sides = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
        for (a, b), copy, largest in zip(sides, found.is_copy.tolist(), found.largest.tolist(), strict=True):
            self._vote(a, b, 1 if copy else -1)
            if copy:
                self._links.append((largest, a, b))

    def follow(self, face: int, sponsor: int) -> None:
        """Put a face into the group of a sponsor, whatever that group becomes; a sponsor follows nobody."""
        self._sponsors[face] = sponsor

    def groups(self) -> np.ndarray:
        """Group number int64 `[n]` of every face, by first appearance."""
        for _, a, b in sorted(self._links):
            low, high = sorted((self._root(a), self._root(b)))
            if low != high and self._votes[low][high] > 0:
                self._unite(low, high)
        roots = [self._root(self._sponsors.get(i, i)) for i in range(len(self._parents))]
        numbers: dict[int, int] = {}
        return np.array([numbers.setdefault(root, len(numbers)) for root in roots], np.int64)

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


class _Search:
    """Faces by brightness, each compared with those before it that no crowd has swallowed."""

    def __init__(self, faces: FaceStore, hashes: np.ndarray, mirrored: np.ndarray) -> None:
        self.families = Families(len(faces))
        self._faces = faces
        self._thumbnails = _thumbnails(faces)
        brightness = self._thumbnails.mean(axis=(1, 2, 3))
        self._order = np.argsort(brightness, kind="stable")
        self._brightness = brightness[self._order]
        self._hashes, self._mirrored = hashes[self._order], mirrored[self._order]
        self._standing = np.empty(len(faces), np.int64)  # places in the order that later faces are compared with
        self._count = 0

    def compare(self, start: int, stop: int) -> None:
        """Compare the faces at places `start` to `stop` of the order with those standing, then with one another."""
        darkest = self._brightness[start] - BRIGHTNESS if stop > start else 0.0
        before = self._standing[: self._count]
        before = before[np.searchsorted(self._brightness[before], darkest) :]
        second, first, flip = self._close(np.arange(start, stop), before)
        in_crowd = np.bincount(second - start, minlength=stop - start)[second - start] > CROWD
        followers = self._follow(first[in_crowd], second[in_crowd], flip[in_crowd])
        self._judge(self._pairs(first[~in_crowd], second[~in_crowd], flip[~in_crowd]))
        left = [place for place in range(start, stop) if place not in followers]
        here = np.array(left, np.int64)
        second, first, flip = self._close(here, here)
        earlier = first < second
        self._judge(self._pairs(first[earlier], second[earlier], flip[earlier]))
        self._standing[self._count : self._count + len(left)] = here
        self._count += len(left)

    def _follow(self, first: np.ndarray, second: np.ndarray, mirrored: np.ndarray) -> set[int]:
        """Which faces `second` of a crowd follow one of the faces `first` before them; of others copies are noted."""
        hashes = np.where(mirrored, self._mirrored[first], self._hashes[first])
        pairs = Pairs(first, second, mirrored).take(
            _least(second, np.bitwise_count(hashes ^ self._hashes[second]), CROWD)
        )
        pairs = pairs.take(_least(pairs.second, self._apart(self._rows(pairs)), NEAREST))
        followers: set[int] = set()
        for align in (False, True):  # as they lie first: it costs a third
            pairs = pairs.take(~np.isin(pairs.second, list(followers)))
            nearest = pairs.take(_firsts(pairs.second))
            copies = nearest.take(self._differences(self._rows(nearest), align).is_copy)
            followers.update(copies.second.tolist())
            for sponsor, face in zip(*(rows.tolist() for rows in self._rows(copies)[:2]), strict=True):
                self.families.follow(face, sponsor)
        self._judge(self._rows(pairs.take(~np.isin(pairs.second, list(followers)))))
        return followers

    def _rows(self, places: Pairs) -> Pairs:
        return Pairs(self._order[places.first], self._order[places.second], places.mirrored)

    def _close(self, places: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs with close hashes: places, others and whether one is to be mirrored."""
        plain, turned = (
            np.argwhere(np.bitwise_count(hashes[others][None, :] ^ self._hashes[places, None]) <= HASH_DISTANCE)
            for hashes in (self._hashes, self._mirrored)
        )
        i, j = np.concatenate([plain, turned]).T
        return places[i], others[j], np.arange(len(i)) >= len(plain)

    def _pairs(self, first: np.ndarray, second: np.ndarray, mirrored: np.ndarray) -> Pairs:
        """Pairs of rows, from pairs of places: those whose thumbnails are close."""
        pairs = self._rows(Pairs(first, second, mirrored))
        return pairs.take(self._apart(pairs) <= THUMBNAIL_DISTANCE)

    def _apart(self, pairs: Pairs) -> np.ndarray:
        """Mean difference of the thumbnails, less what a small move explains, float32 `[n]`."""
        apart = np.empty(len(pairs.first), np.float32)
        for start in range(0, len(apart), 4096):
            part = pairs.take(slice(start, start + 4096))
            a, b = (self._thumbnails[rows].astype(np.float32) for rows in (part.first, part.second))
            down, right = np.gradient(a, axis=(1, 2))
            explained = THUMBNAIL_MOVE * (np.abs(down) + np.abs(right))
            rest = np.abs(a - np.where(part.mirrored[:, None, None, None], b[:, :, ::-1], b)) - explained
            apart[start : start + 4096] = np.maximum(rest, 0).mean(axis=(1, 2, 3))
        return apart

    def _judge(self, pairs: Pairs) -> None:
        """Note which pairs of rows are copies."""
        if len(pairs.first):
            self.families.note(pairs, self._differences(pairs))

    def _differences(self, pairs: Pairs, align: bool = True) -> Difference:
        found = [Difference(np.empty(0), np.empty(0))]
        for start in range(0, len(pairs.first), _CHUNK):
            chunk = pairs.take(slice(start, start + _CHUNK))
            second = self._faces.read(chunk.second)
            second[chunk.mirrored] = second[chunk.mirrored][:, :, ::-1]
            found.append(differences(self._faces.read(chunk.first), second, align))
        largest, usual = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return Difference(largest, usual)


def _firsts(groups: np.ndarray) -> np.ndarray:
    """Where each run of equal numbers begins."""
    return np.flatnonzero(np.diff(groups, prepend=-1) != 0)


def _least(groups: np.ndarray, costs: np.ndarray, count: int) -> np.ndarray:
    """Places of the `count` least costs of each group, group by group, least first."""
    order = np.lexsort((costs, groups))
    run = groups[order]
    starts = _firsts(run)
    lengths = np.diff(starts, append=len(run))
    result: np.ndarray = order[np.arange(len(run)) - np.repeat(starts, lengths) < count]
    return result
