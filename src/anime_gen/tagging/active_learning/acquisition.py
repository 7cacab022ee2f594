"""Which picture to ask about next: doubtful ones, unlike each other; at first medoids of clusters."""

from __future__ import annotations

import numpy as np

ACTIVE = "active"  # the source of an answer about a picture that was picked here


def k_means(points: np.ndarray, clusters: int, seed: int, rounds: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Cluster number of each point [n] and centres [clusters, c]; k-means++ start (Arthur and Vassilvitskii 2007)."""
    random = np.random.default_rng(seed)
    clusters = min(clusters, len(points))
    centres = points[[random.integers(len(points))]]
    nearest = np.square(points - centres[0]).sum(axis=1)
    for _ in range(1, clusters):
        total = nearest.sum()
        chances = nearest / total if total > 0 else None
        centre = points[random.choice(len(points), p=chances)]
        centres = np.vstack([centres, centre])
        nearest = np.minimum(nearest, np.square(points - centre).sum(axis=1))
    owner = np.zeros(len(points), dtype=int)
    for _ in range(rounds):
        owner = _distances(points, centres).argmin(axis=1)
        for k in range(clusters):
            if np.any(owner == k):
                centres[k] = points[owner == k].mean(axis=0)
    return owner, centres


def _distances(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Squared distances [n, centres]."""
    cross = points @ centres.T
    distance: np.ndarray = np.square(points).sum(axis=1)[:, None] - 2.0 * cross + np.square(centres).sum(axis=1)[None]
    return distance


def medoids(points: np.ndarray, clusters: int, seed: int) -> np.ndarray:
    """Rows of the point nearest each cluster's centre, the largest cluster first."""
    owner, centres = k_means(points, clusters, seed)
    distance = _distances(points, centres)
    rows = []
    for k in np.argsort(-np.bincount(owner, minlength=len(centres)), kind="stable"):
        members = np.flatnonzero(owner == k)
        if len(members):
            rows.append(int(members[distance[members, k].argmin()]))
    return np.array(rows, dtype=int)


def most_informative(
    points: np.ndarray, doubt: np.ndarray, free: np.ndarray, count: int, seed: int, pool: int = 5
) -> np.ndarray:
    """Rows to ask next: the medoids of ``count`` clusters among the most doubtful free rows.

    ``doubt`` [n] is high where an answer would teach most; ``free`` bool [n] marks rows not yet asked. Doubt alone asks
    the same question twenty times over; clusters of the doubtful ones ask twenty different ones.
    """
    rows = np.flatnonzero(free)
    if len(rows) <= count:
        return rows
    top = rows[np.argsort(-doubt[rows], kind="stable")[: count * pool]]
    chosen = top[medoids(points[top], count, seed)]
    if len(chosen) < count:  # identical pictures make empty clusters
        spare = np.setdiff1d(top, chosen)
        chosen = np.concatenate([chosen, spare[: count - len(chosen)]])
    return chosen
