"""Continuous labels from *which has more?*: Bradley-Terry scores, put on the attribute's scale.

A person compares two pictures faster and more steadily than they name a number. Scores are the maximum of the
likelihood P(i before j) = 1 / (1 + exp(s_j - s_i)) with a weak normal prior, so that a picture that won its only
comparison does not fly off to infinity (Bradley and Terry 1952; ties count as half a win each).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from anime_gen.attributes import Attribute

PRIOR = 0.1


def bradley_terry(pairs: Sequence[tuple[str, str, str]], prior: float = PRIOR) -> dict[str, float]:
    """Score of every compared picture, mean 0, from (first, second, ``first`` | ``second`` | ``same``)."""
    names = sorted({name for first, second, _ in pairs for name in (first, second)})
    place = {name: k for k, name in enumerate(names)}
    wins = np.zeros((len(names), len(names)))
    for first, second, more in pairs:
        i, j = place[first], place[second]
        wins[i, j] += {"first": 1.0, "second": 0.0, "same": 0.5}[more]
        wins[j, i] += {"first": 0.0, "second": 1.0, "same": 0.5}[more]
    scores = np.zeros(len(names))
    for _ in range(100):  # Newton: the penalised likelihood is concave
        chance = 1.0 / (1.0 + np.exp(scores[None, :] - scores[:, None]))
        games = wins + wins.T
        slope = (wins - games * chance).sum(axis=1) - prior * scores
        curve = games * chance * (1.0 - chance)
        hessian = np.diag(curve.sum(axis=1) + prior) - curve
        step = np.linalg.solve(hessian, slope)
        scores = scores + np.clip(step, -2.0, 2.0)
        if np.abs(step).max(initial=0.0) < 1e-8:
            break
    return dict(zip(names, (scores - scores.mean()).tolist(), strict=True)) if names else {}


def on_scale(scores: Mapping[str, float], anchors: Mapping[str, float], attribute: Attribute) -> dict[str, float]:
    """Scores as values of the attribute.

    With three or more pictures that also have a number (``anchors``) a rising line through them; else the scores fill
    the range by rank, which is all that comparisons alone can say.
    """
    shared = [name for name in scores if name in anchors]
    names = list(scores)
    values = np.array([scores[name] for name in names])
    if len(shared) >= 3 and np.std([scores[name] for name in shared]) > 1e-6:
        slope, start = np.polyfit([scores[n] for n in shared], [anchors[n] for n in shared], 1)
        if slope > 0:
            placed = np.clip(start + slope * values, attribute.low, attribute.high)
            return dict(zip(names, placed.tolist(), strict=True))
    rank = (np.argsort(np.argsort(values, kind="stable"), kind="stable") + 0.5) / max(1, len(values))
    placed = attribute.low + rank * (attribute.high - attribute.low)
    return dict(zip(names, placed.tolist(), strict=True))
