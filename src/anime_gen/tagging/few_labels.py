"""Learning one attribute from a few answers, from several looks at the faces at once; well under a second.

Every look predicts the answers left out of it (five folds); looks are then trusted by how likely they held those
answers. A colour is thus learned from colours and a rim from lines, without anyone saying so. This is what the Label
page retrains after every few answers; the full sub-model learns from the same answers later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from anime_gen.tagging.attributes import Attribute
from anime_gen.tagging.metrics import macro_f1, r_squared

FOLDS = 5
SLIPS = 0.05  # share of answers that may be slips: bounds what one of them does to the trust in a look


@dataclass(frozen=True)
class Guess:
    """For n pictures and m answers.

    ``value`` [n] is a class number, units or degrees; ``doubt`` [n] is high where an answer would teach most;
    ``held_out`` [m] is what each answer was taken for by learners that had not heard it; ``look`` names the look
    trusted most.
    """

    value: np.ndarray
    doubt: np.ndarray
    held_out: np.ndarray
    look: str


def learn(attribute: Attribute, looks: Mapping[str, np.ndarray], rows: np.ndarray, answers: np.ndarray) -> Guess:
    """Guess every picture from the answers about some rows; each look is [n, k].

    Class attributes: linear discriminants; doubt is one minus the margin between the two likeliest classes, times how
    rare the answers for the likely classes are. Continuous and cyclic ones: ridge regression; doubt is the predictive
    variance of Bayesian linear regression.
    """
    if attribute.kind in ("binary", "categorical"):
        return _learn_classes(looks, rows, answers.astype(int))
    return _learn_values(attribute, looks, rows, answers)


def score(attribute: Attribute, answers: np.ndarray, guess: Guess) -> float | None:
    """Macro-F1 or R-squared on answers left out in turn; None while there are under ten.

    Pictures picked for being doubtful are harder than the rest, so this is on the low side.
    """
    if len(answers) < 10:
        return None
    if attribute.kind in ("binary", "categorical"):
        return macro_f1(answers, guess.held_out)
    return r_squared(attribute, answers, guess.held_out)


def _folds(count: int) -> list[np.ndarray]:
    """Masks [count] of the answers left out in turn."""
    parts = np.random.default_rng(0).permutation(count) % min(FOLDS, count)
    return [parts == part for part in np.unique(parts)]


def _learn_classes(looks: Mapping[str, np.ndarray], rows: np.ndarray, answers: np.ndarray) -> Guess:
    classes, own, counts = np.unique(answers, return_inverse=True, return_counts=True)
    if len(classes) < 2:  # nothing to tell apart yet; far from what was seen is most doubtful
        name, look = next(iter(looks.items()))
        far = _nearest(look, look[rows])
        value = np.full(len(look), float(classes[0]))
        return Guess(value, far / max(1e-9, float(far.max())), answers.astype(float), name)
    held = {}
    for name, look in looks.items():
        held[name] = np.zeros((len(rows), len(classes)))
        for out in _folds(len(rows)):
            held[name][out] = _discriminate(look[rows[~out]], own[~out], len(classes), look[rows[out]])
    trust = _trust({name: chances[np.arange(len(own)), own] for name, chances in held.items()}, len(classes))
    likely = sum(
        trust[name] * _discriminate(look[rows], own, len(classes), look)
        for name, look in looks.items()
        if trust[name] > 0.01
    )
    heard = sum(trust[name] * chances for name, chances in held.items())
    top = np.sort(likely, axis=1)[:, -2:]
    need = np.sqrt((likely / (1.0 + counts)).sum(axis=1))
    return Guess(
        classes[np.argmax(likely, axis=1)].astype(float),
        (1.0 - (top[:, 1] - top[:, 0])) * need,
        classes[np.argmax(heard, axis=1)].astype(float),
        max(trust, key=trust.__getitem__),
    )


def _discriminate(known: np.ndarray, own: np.ndarray, classes: int, asked: np.ndarray) -> np.ndarray:
    """Chances [n, classes] of the asked rows [n, k] from known ones [m, k] of class ``own`` [m].

    Linear discriminants (Hastie et al. 2009, section 4.3) with one covariance for all classes, shrunk by Ledoit and
    Wolf's rule (2004): with 20 answers and 150 columns nothing else can be estimated. scikit-learn's own shrinks one
    covariance for each class. Classes are taken as more alike in frequency than the answers are: macro-F1 counts them
    alike, and the answers were not drawn by chance.
    """
    from sklearn.covariance import ledoit_wolf

    known = known.astype(np.float64)
    counts = np.bincount(own, minlength=classes)
    centres = np.zeros((classes, known.shape[1]))
    np.add.at(centres, own, known)
    centres /= np.maximum(counts, 1)[:, None]
    spread, _ = ledoit_wolf(known - centres[own], assume_centered=True)
    spread *= len(own) / max(1, len(own) - int((counts > 0).sum()))
    spread += (1e-6 * np.trace(spread) / len(spread) + 1e-9) * np.eye(len(spread))
    weights = np.linalg.solve(spread, centres.T)
    offset = 0.5 * np.log(np.maximum(counts, 1e-9) / len(own)) - 0.5 * (centres * weights.T).sum(axis=1)
    offset[counts == 0] = -np.inf
    logits = asked @ weights + offset
    chances: np.ndarray = np.exp(logits - logits.max(axis=1, keepdims=True))
    return chances / chances.sum(axis=1, keepdims=True)


def _trust(chances: Mapping[str, np.ndarray], classes: int) -> dict[str, float]:
    """Weights of the looks, summing to one, by how likely each held the answers [m] it had not heard.

    The log likelihood is divided by the root of m, which is how its error grows: faces picked because one look was in
    doubt speak against that look, and a plain sum soon drops the best one altogether.
    """
    told = np.array([np.log((1.0 - SLIPS) * chance + SLIPS / classes).sum() for chance in chances.values()])
    weights = np.exp((told - told.max()) / len(next(iter(chances.values()))) ** 0.5)
    return dict(zip(chances, (weights / weights.sum()).tolist(), strict=True))


def _nearest(features: np.ndarray, others: np.ndarray) -> np.ndarray:
    distance = np.square(features).sum(axis=1)[:, None] - 2.0 * features @ others.T + np.square(others).sum(axis=1)
    nearest: np.ndarray = np.maximum(distance, 0.0).min(axis=1)
    return nearest


def _learn_values(
    attribute: Attribute, looks: Mapping[str, np.ndarray], rows: np.ndarray, answers: np.ndarray
) -> Guess:
    angle = np.deg2rad(answers)
    wanted = np.stack([np.cos(angle), np.sin(angle)], axis=1) if attribute.kind == "cyclic" else answers[:, None]
    held = {name: np.zeros(wanted.shape) for name in looks}
    for name, look in looks.items():
        for out in _folds(len(rows)):
            held[name][out] = _regress(look[rows[~out]], wanted[~out], look[rows[out]])[0]
    best = min(looks, key=lambda name: float(np.square(held[name] - wanted).sum()))
    value, doubt = _regress(looks[best][rows], wanted, looks[best])
    return Guess(_in_units(attribute, value), doubt, _in_units(attribute, held[best]), best)


def _regress(known: np.ndarray, wanted: np.ndarray, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ridge regression's values [n, c] for the asked rows and their relative variance [n]."""
    known = known.astype(np.float64)
    mean, centre = wanted.mean(axis=0), known.mean(axis=0)
    known, asked = known - centre, asked - centre
    loud = max(1e-9, float(np.square(known).sum(axis=1).mean()))
    ridge = known.T @ known / loud + max(1.0, 0.02 * len(known)) * known.shape[1] ** -0.5 * np.eye(known.shape[1])
    value = asked @ np.linalg.solve(ridge, known.T @ (wanted - mean)) / loud + mean
    doubt = np.einsum("nk,kn->n", asked, np.linalg.solve(ridge, asked.T))
    return value, doubt


def _in_units(attribute: Attribute, value: np.ndarray) -> np.ndarray:
    if attribute.kind == "cyclic":
        degrees: np.ndarray = np.rad2deg(np.arctan2(value[:, 1], value[:, 0])) % 360.0
        return degrees
    clipped: np.ndarray = np.clip(value[:, 0], attribute.low, attribute.high)
    return clipped
