"""Which picture to ask about next: doubtful ones, unlike each other; at first medoids of clusters."""

from __future__ import annotations

import numpy as np

ACTIVE = "active"  # the source of an answer about a picture that was picked here


def medoids(points: np.ndarray, clusters: int, seed: int) -> np.ndarray:
    """Rows of the point [n, c] nearest each cluster's centre, the largest cluster first; equal points make one."""
    from sklearn.cluster import KMeans

    count = min(clusters, len(np.unique(points, axis=0)))
    found = KMeans(count, n_init=1, max_iter=12, random_state=seed).fit(points)
    distance = found.transform(points)
    rows = []
    for k in np.argsort(-np.bincount(found.labels_, minlength=count), kind="stable"):
        members = np.flatnonzero(found.labels_ == k)
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
    result: np.ndarray = chosen
    return result
