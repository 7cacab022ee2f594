"""Learning one attribute from a few answers, or from none where a sub-model predicts it; about a second.

Two kinds of estimators guess. Those that only look at the faces know nothing before the answers; those that correct a
sub-model's prediction start from it and move away as far as the answers ask for. Every estimator predicts the
answers left out of it (five folds), and is then trusted by how likely it held them. A colour is thus learned from
colours and a rim from lines, without anyone saying so. This is what the Label page retrains after every few answers;
the full sub-model learns from the same answers later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from anime_gen.attributes import Attribute
from anime_gen.tagging.active_learning.estimators import SLIPS, correct, discriminate, regress
from anime_gen.tagging.active_learning.views import Views
from anime_gen.tagging.classifiers.metrics import macro_f1, r_squared

FOLDS = 5
LEAST = 4  # answers from which views alone can be learned from
BESIDE_PREDICTIONS = 20  # ... and where sub-models predict it: before, views guess the answer given most

SURENESS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12)

Chances = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Of an estimator: from answered rows [m], their classes [m] and asked rows [k], chances [k, classes]."""


@dataclass(frozen=True)
class Guess:
    """For n pictures and m answers.

    ``value`` [n] is a class number, units or degrees; ``sure`` [n] is its chance of being right (1 where a value is not
    a class); ``doubt`` [n] is high where an answer would teach most; ``held_out`` [m] is what each answer was taken for
    by estimators it was left out of; ``view`` names the view or prediction trusted most.
    """

    value: np.ndarray
    sure: np.ndarray
    doubt: np.ndarray
    held_out: np.ndarray
    view: str


def can_learn(attribute: str, views: Views, answers: int) -> bool:
    """Whether there is anything to guess from: a few answers, or a sub-model's prediction."""
    return answers >= LEAST or attribute in views.predictions


def learn(attribute: Attribute, views: Views, rows: np.ndarray, answers: np.ndarray) -> Guess:
    """Guess every picture from the answers [m] about some rows [m]; ValueError where ``can_learn`` says no.

    Class attributes: linear discriminants of views and corrected predictions; doubt is one minus the margin between
    the two likeliest classes, times how rare the answers for the likely classes are. Continuous and cyclic ones: ridge
    regression; doubt is the predictive variance of Bayesian linear regression.
    """
    if not can_learn(attribute.name, views, len(rows)):
        raise ValueError(f"{attribute.name}: no sub-model speaks of it, and under {LEAST} answers teach nothing")
    if attribute.kind in ("binary", "categorical"):
        return _learn_classes(attribute, views, rows, answers.astype(int))
    return _learn_values(attribute, views, rows, answers)


def score(attribute: Attribute, answers: np.ndarray, guess: Guess) -> float | None:
    """Macro-F1 or R-squared on answers left out in turn; None while there are under ten.

    Pictures picked for being doubtful are harder than the rest, so this is on the low side; sub-models that were taught
    these very answers put it on the high side.
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


def _learn_classes(attribute: Attribute, views: Views, rows: np.ndarray, own: np.ndarray) -> Guess:
    classes = len(attribute.classes) or 2
    predictions = views.predictions.get(attribute.name, {})
    estimators: dict[str, Chances] = {name: partial(correct, one, classes) for name, one in predictions.items()}
    counts = np.bincount(own, minlength=classes)
    if not predictions or (len(rows) >= BESIDE_PREDICTIONS and np.count_nonzero(counts > 1) > 1):
        estimators |= {name: partial(discriminate, view, classes) for name, view in views.common.items()}
    every = np.arange(len(next(iter(views.common.values()))))
    if not predictions and np.count_nonzero(counts) < 2:
        return _one_class(views, rows, own)
    held = {name: np.full((len(rows), classes), 1.0 / classes) for name in estimators}
    for out in _folds(len(rows)) if len(rows) >= LEAST else []:
        for name, chances in estimators.items():
            held[name][out] = chances(rows[~out], own[~out], rows[out])
    sure = {name: _sureness(chances, own) for name, chances in held.items()}
    held = {name: _cooled(chances, sure[name]) for name, chances in held.items()}
    trust = _trust({name: chances[np.arange(len(own)), own] for name, chances in held.items()}, classes)
    likely = sum(
        trust[name] * _cooled(chances(rows, own, every), sure[name])
        for name, chances in estimators.items()
        if trust[name] > 0.01
    )
    left_out = sum(trust[name] * chances for name, chances in held.items())
    top = np.sort(likely, axis=1)[:, -2:]
    need = (likely / (1.0 + counts)).sum(axis=1)
    return Guess(
        np.argmax(likely, axis=1).astype(float),
        top[:, 1],
        (1.0 - (top[:, 1] - top[:, 0])) * need,
        np.argmax(left_out, axis=1).astype(float),
        max(trust, key=trust.__getitem__),
    )


def _one_class(views: Views, rows: np.ndarray, own: np.ndarray) -> Guess:
    """Nothing to tell apart yet; far from what was seen is most doubtful."""
    name, view = next(iter(views.common.items()))
    far = _nearest(view, view[rows])
    value = np.full(len(view), float(own[0]))
    return Guess(value, np.ones(len(view)), far / max(1e-9, float(far.max())), own.astype(float), name)


def _sureness(chances: np.ndarray, own: np.ndarray) -> float:
    """How sure an estimator may be: the power of its chances [m, classes] that makes answers left out [m] likeliest.

    Discriminants of few answers are too sure, and would lose to an estimator that knows nothing and says so.
    """
    if not len(own):
        return 1.0
    told = [
        np.log((1.0 - SLIPS) * _cooled(chances, power)[np.arange(len(own)), own] + SLIPS / chances.shape[1]).sum()
        for power in SURENESS
    ]
    return SURENESS[int(np.argmax(told))]


def _cooled(chances: np.ndarray, power: float) -> np.ndarray:
    raised = chances**power
    even: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
    return even


def _trust(chances: Mapping[str, np.ndarray], classes: int) -> dict[str, float]:
    """Weights of the estimators, summing to one, by how likely each held the answers [m] left out of it.

    The log likelihood is divided by the root of m, which is how its error grows: faces picked because one view was in
    doubt speak against that view, and a plain sum soon drops the best one altogether.
    """
    told = np.array([np.log((1.0 - SLIPS) * chance + SLIPS / classes).sum() for chance in chances.values()])
    weights = np.exp((told - told.max()) / max(1, len(next(iter(chances.values())))) ** 0.5)
    return dict(zip(chances, (weights / weights.sum()).tolist(), strict=True))


def _nearest(features: np.ndarray, others: np.ndarray) -> np.ndarray:
    distance = np.square(features).sum(axis=1)[:, None] - 2.0 * features @ others.T + np.square(others).sum(axis=1)
    nearest: np.ndarray = np.maximum(distance, 0.0).min(axis=1)
    return nearest


def _learn_values(attribute: Attribute, views: Views, rows: np.ndarray, answers: np.ndarray) -> Guess:
    angle = np.deg2rad(answers)
    wanted = np.stack([np.cos(angle), np.sin(angle)], axis=1) if attribute.kind == "cyclic" else answers[:, None]
    predictions = views.predictions.get(attribute.name, {})
    estimators = {name: partial(regress, one.beside, one.readout) for name, one in predictions.items()}
    if len(rows) < LEAST:
        readouts = np.stack([one.readout for one in predictions.values()]).astype(np.float64)
        value, doubt = _in_units(attribute, readouts.mean(axis=0)), readouts.var(axis=0).sum(axis=1)
        # where predictions differ, an answer teaches most
        return Guess(value, np.ones(len(value)), doubt, value[rows], next(iter(predictions)))
    estimators |= {
        name: partial(regress, view, np.zeros((len(view), wanted.shape[1]))) for name, view in views.common.items()
    }
    held = {name: np.zeros(wanted.shape) for name in estimators}
    for out in _folds(len(rows)):
        for name, values in estimators.items():
            held[name][out] = values(rows[~out], wanted[~out], rows[out])[0]
    best = min(estimators, key=lambda name: float(np.square(held[name] - wanted).sum()))
    value, doubt = estimators[best](rows, wanted, np.arange(len(next(iter(views.common.values())))))
    return Guess(_in_units(attribute, value), np.ones(len(value)), doubt, _in_units(attribute, held[best]), best)


def _in_units(attribute: Attribute, value: np.ndarray) -> np.ndarray:
    if attribute.kind == "cyclic":
        degrees: np.ndarray = np.rad2deg(np.arctan2(value[:, 1], value[:, 0])) % 360.0
        return degrees
    clipped: np.ndarray = np.clip(value[:, 0], attribute.low, attribute.high)
    return clipped
