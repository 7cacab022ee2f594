"""Ridge regression with its strength chosen by generalised cross-validation (Golub, Heath and Wahba, 1979)."""

from dataclasses import dataclass

import torch

STRENGTHS = torch.logspace(-4, 2, 25, dtype=torch.float64)
"""Candidate penalties per picture."""


@dataclass(frozen=True)
class LinearFit:
    """y ~ intercept + coefficients x: coefficients [targets, features], intercept [targets].

    r2 [targets] is the cross-validated share of variance explained, in 0..1; 0 for a target that never varies.
    """

    coefficients: torch.Tensor
    intercept: torch.Tensor
    r2: torch.Tensor


def fit_ridge(x: torch.Tensor, y: torch.Tensor) -> LinearFit:
    """Regress each column of y [n, targets] on x [n, features], each with its own penalty.

    One eigen-decomposition of the Gram matrix serves all penalties and all targets. Fewer than 3 rows, or a constant
    target, give coefficients of 0 and an r2 of 0.
    """
    n = len(x)
    if n < 3:
        zeros = torch.zeros(y.shape[1], x.shape[1])
        mean = y.mean(0) if n else torch.zeros(y.shape[1])
        return LinearFit(zeros, mean, torch.zeros(y.shape[1]))
    x, y = x.double(), y.double()
    x_mean, y_mean = x.mean(0), y.mean(0)
    centred, residual = x - x_mean, y - y_mean
    values, vectors = torch.linalg.eigh(centred.T @ centred)
    values = values.clamp_min(0.0)
    projected = vectors.T @ (centred.T @ residual)  # [features, targets]
    total = (residual**2).sum(0)
    penalties = STRENGTHS * n
    shrink = 1.0 / (values[None, :] + penalties[:, None])  # [penalties, features]
    explained = 2.0 * shrink @ projected**2 - (shrink**2 * values) @ projected**2
    errors = (total - explained).clamp_min(0.0)  # residual sum of squares, [penalties, targets]
    freedom = (values * shrink).sum(1) + 1.0
    score = n * errors / ((n - freedom).clamp_min(1e-9) ** 2)[:, None]
    score[freedom > 0.98 * n] = torch.inf  # as many parameters as pictures: the score means nothing there
    best = score.argmin(0)
    coefficients = (vectors @ (projected * shrink[best].T)).T
    variance = total / n
    alive = variance > 1e-12
    r2 = torch.where(alive, 1.0 - score.gather(0, best[None])[0] / variance.clamp_min(1e-12), 0.0)
    coefficients = torch.where(alive[:, None], coefficients, 0.0)
    intercept = y_mean - coefficients @ x_mean
    return LinearFit(coefficients.float(), intercept.float(), r2.clamp(0.0, 1.0).nan_to_num(0.0).float())
