"""What is asked of each character when edits are judged, and how far what came out is from it."""

import numpy as np
import torch

from anime_gen.attributes import Attribute
from anime_gen.evaluation.statistics import rank_correlation
from anime_gen.latent.readings import turn

EditTargets = list[list[float | str]]
"""requests[q][i]: what is asked of character i in round q."""


def make_targets(attribute: Attribute, population: np.ndarray, current: np.ndarray, rounds: int) -> EditTargets:
    """Values spread over what faces of this generator show (10 % to 90 % quantile of the taggers' reading).

    binary: off and on; categorical: every class equally often; cyclic: turns up to 120 degrees either way from
    `current` [n]. An attribute that never varies is asked for the ends of its range.
    """
    n = len(current)
    if attribute.kind == "categorical":
        k = len(attribute.classes)
        return [[attribute.classes[(i * rounds + q) % k] for i in range(n)] for q in range(rounds)]
    if attribute.kind == "binary":
        return [[0.0] * n, [1.0] * n]
    if attribute.kind == "cyclic":
        turns = -120.0 + 240.0 * _spread(rounds, n)
        return [[float((v + t) % 360.0) for v, t in zip(current, row, strict=True)] for row in turns]
    low, high = np.quantile(population, [0.1, 0.9])
    if high - low < 1e-3 * (attribute.high - attribute.low):
        low, high = attribute.low, attribute.high
    values = np.clip(low + (high - low) * _spread(rounds, n), attribute.low, attribute.high)
    return [[float(value) for value in row] for row in values]


def _spread(rounds: int, n: int) -> np.ndarray:
    """Shares in 0..1, [rounds, n], all different: equal requests would tie, and cap a rank correlation below 1."""
    return (np.arange(rounds)[:, None] + (np.arange(n)[None, :] + 0.5) / n) / rounds


def miss(attribute: Attribute, requested: EditTargets, measured: list[np.ndarray]) -> np.ndarray:
    """|measured - requested| as a share of the range, [n, rounds]; 0 or 1 for a class."""
    columns = []
    for asked, got in zip(requested, measured, strict=True):
        if attribute.kind == "categorical":
            columns.append((got != np.array(asked, dtype=object)).astype(float))
        elif attribute.kind == "cyclic":
            columns.append(np.abs(turn(np.array(asked, dtype=float), got)) / 180.0)
        else:
            columns.append(np.abs(got - np.array(asked, dtype=float)) / attribute.span)
    return np.stack(columns, axis=1)


def obedience(
    attribute: Attribute, requested: EditTargets, measured: list[np.ndarray], readout: torch.Tensor, start: np.ndarray
) -> float | None:
    """Spearman's correlation of what was asked and what came.

    Of turns from `start` [n] for a hue; for classes of "asked for it" and the measured probability, over all classes.
    readout [rounds, n, k]: the measurer's columns of this attribute.
    """
    if attribute.kind == "categorical":
        classes = np.array(attribute.classes, dtype=object)
        asked = np.array(requested, dtype=object)[..., None] == classes
        return rank_correlation(asked.ravel().astype(float), readout.softmax(-1).numpy().ravel())
    wanted = np.array(requested, dtype=float)
    came = np.stack(measured)
    if attribute.kind == "cyclic":
        wanted, came = turn(start, wanted), turn(start, came)
    return rank_correlation(wanted.ravel(), came.ravel())
