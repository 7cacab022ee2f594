"""Learning one attribute from a few answers: a linear reader on features, with its doubt; seconds, not minutes.

This is what the Label page retrains after every few answers. The full sub-model learns from the same answers later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from anime_gen.tagging.attributes import Attribute
from anime_gen.tagging.metrics import macro_f1, r_squared

FOLDS = 5
STRENGTHS = (0.01, 0.1, 1.0)


@dataclass(frozen=True)
class Guess:
    """For n pictures: value (class number, units or degrees) and doubt (high = an answer would teach most)."""

    value: np.ndarray
    doubt: np.ndarray


def learn(
    attribute: Attribute, features: np.ndarray, rows: np.ndarray, answers: np.ndarray, strength: float = 0.1
) -> Guess:
    """Guess every picture from the answers about some rows; ``features`` [n, k] are standardised.

    Class attributes: logistic regression; doubt is one minus the margin between the two likeliest classes. Continuous
    and cyclic ones: ridge regression; doubt is the predictive variance of Bayesian linear regression.
    """
    if attribute.kind in ("binary", "categorical"):
        return _learn_classes(attribute, features, rows, answers, strength)
    return _learn_values(attribute, features, rows, answers)


def _learn_classes(
    attribute: Attribute, features: np.ndarray, rows: np.ndarray, answers: np.ndarray, strength: float
) -> Guess:
    from sklearn.linear_model import LogisticRegression

    seen = np.unique(answers.astype(int))
    if len(seen) < 2:  # one class so far: nothing to tell apart; far from what was seen is most doubtful
        nearest = _nearest(features, features[rows])
        return Guess(np.full(len(features), float(seen[0])), nearest / max(1e-9, float(nearest.max())))
    model = LogisticRegression(C=strength, max_iter=200, class_weight="balanced")
    model.fit(features[rows], answers.astype(int))
    chances = model.predict_proba(features)
    top = np.sort(chances, axis=1)[:, -2:]
    return Guess(model.classes_[chances.argmax(axis=1)].astype(float), 1.0 - (top[:, 1] - top[:, 0]))


def _nearest(features: np.ndarray, others: np.ndarray) -> np.ndarray:
    distance = np.square(features).sum(axis=1)[:, None] - 2.0 * features @ others.T + np.square(others).sum(axis=1)
    nearest: np.ndarray = np.maximum(distance, 0.0).min(axis=1)
    return nearest


def _learn_values(attribute: Attribute, features: np.ndarray, rows: np.ndarray, answers: np.ndarray) -> Guess:
    angle = np.deg2rad(answers)
    wanted = np.stack([np.cos(angle), np.sin(angle)], axis=1) if attribute.kind == "cyclic" else answers[:, None]
    mean = wanted.mean(axis=0)
    known = features[rows].astype(np.float64)
    ridge = known.T @ known + max(1.0, 0.02 * len(rows)) * features.shape[1] ** 0.5 * np.eye(features.shape[1])
    weights = np.linalg.solve(ridge, known.T @ (wanted - mean))
    guess = features @ weights + mean
    doubt = np.einsum("nk,kn->n", features, np.linalg.solve(ridge, features.T.astype(np.float64)))
    if attribute.kind == "cyclic":
        return Guess(np.rad2deg(np.arctan2(guess[:, 1], guess[:, 0])) % 360.0, doubt)
    return Guess(np.clip(guess[:, 0], attribute.low, attribute.high), doubt)


def best_strength(attribute: Attribute, features: np.ndarray, rows: np.ndarray, answers: np.ndarray) -> float:
    """The regularisation that predicts left-out answers best; the middle one while there are under 30."""
    if attribute.kind not in ("binary", "categorical") or len(rows) < 30:
        return STRENGTHS[1]
    scores = [score_so_far(attribute, features, rows, answers, strength) or 0.0 for strength in STRENGTHS]
    return STRENGTHS[int(np.argmax(scores))]


def score_so_far(
    attribute: Attribute, features: np.ndarray, rows: np.ndarray, answers: np.ndarray, strength: float = 0.1
) -> float | None:
    """Macro-F1 or R-squared on answers left out in turn (five folds); None while there are under ten.

    Pictures picked for being doubtful are harder than the rest, so this is on the low side.
    """
    if len(rows) < 10:
        return None
    parts = np.random.default_rng(0).permutation(len(rows)) % FOLDS
    guesses = np.zeros(len(rows))
    for part in range(FOLDS):
        kept = parts != part
        guess = learn(attribute, features, rows[kept], answers[kept], strength)
        guesses[~kept] = guess.value[rows[~kept]]
    if attribute.kind in ("binary", "categorical"):
        return macro_f1(answers, guesses)
    return r_squared(attribute, answers, guesses)
