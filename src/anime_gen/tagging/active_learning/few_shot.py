"""Learning one attribute from a few answers, or from none where a sub-model has a word for it; about a second.

Two kinds of learners guess. Those that only look at the faces know nothing before the answers; those that correct a
sub-model's words start from what it says and move away as far as the answers ask for. Every learner predicts the
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
LEAST = 4  # answers from which looks alone can be learned from
BESIDE_VOICES = 20  # ... and where sub-models have a word for it: before, looks guess what they heard most

SURENESS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12)

Chances = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Of a learner: from answered rows [m], their classes [m] and asked rows [k], chances [k, classes]."""


@dataclass(frozen=True)
class Guess:
    """For n pictures and m answers.

    ``value`` [n] is a class number, units or degrees; ``sure`` [n] is its chance of being right (1 where a value is not
    a class); ``doubt`` [n] is high where an answer would teach most; ``held_out`` [m] is what each answer was taken for
    by learners that had not heard it; ``look`` names the look or voice trusted most.
    """

    value: np.ndarray
    sure: np.ndarray
    doubt: np.ndarray
    held_out: np.ndarray
    look: str


def can_learn(attribute: str, looks: Views, answers: int) -> bool:
    """Whether there is anything to guess from: a few answers, or the word of a sub-model."""
    return answers >= LEAST or attribute in looks.said


def learn(attribute: Attribute, looks: Views, rows: np.ndarray, answers: np.ndarray) -> Guess:
    """Guess every picture from the answers [m] about some rows [m]; ValueError where ``can_learn`` says no.

    Class attributes: linear discriminants of looks and corrected words; doubt is one minus the margin between the two
    likeliest classes, times how rare the answers for the likely classes are. Continuous and cyclic ones: ridge
    regression; doubt is the predictive variance of Bayesian linear regression.
    """
    if not can_learn(attribute.name, looks, len(rows)):
        raise ValueError(f"{attribute.name}: no sub-model speaks of it, and under {LEAST} answers teach nothing")
    if attribute.kind in ("binary", "categorical"):
        return _learn_classes(attribute, looks, rows, answers.astype(int))
    return _learn_values(attribute, looks, rows, answers)


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


def _learn_classes(attribute: Attribute, looks: Views, rows: np.ndarray, own: np.ndarray) -> Guess:
    classes = len(attribute.classes) or 2
    voices = looks.said.get(attribute.name, {})
    learners: dict[str, Chances] = {name: partial(correct, said, classes) for name, said in voices.items()}
    counts = np.bincount(own, minlength=classes)
    if not voices or (len(rows) >= BESIDE_VOICES and np.count_nonzero(counts > 1) > 1):
        learners |= {name: partial(discriminate, look, classes) for name, look in looks.common.items()}
    every = np.arange(len(next(iter(looks.common.values()))))
    if not voices and np.count_nonzero(counts) < 2:
        return _one_class(looks, rows, own)
    held = {name: np.full((len(rows), classes), 1.0 / classes) for name in learners}
    for out in _folds(len(rows)) if len(rows) >= LEAST else []:
        for name, chances in learners.items():
            held[name][out] = chances(rows[~out], own[~out], rows[out])
    sure = {name: _sureness(chances, own) for name, chances in held.items()}
    held = {name: _cooled(chances, sure[name]) for name, chances in held.items()}
    trust = _trust({name: chances[np.arange(len(own)), own] for name, chances in held.items()}, classes)
    likely = sum(
        trust[name] * _cooled(chances(rows, own, every), sure[name])
        for name, chances in learners.items()
        if trust[name] > 0.01
    )
    heard = sum(trust[name] * chances for name, chances in held.items())
    top = np.sort(likely, axis=1)[:, -2:]
    need = (likely / (1.0 + counts)).sum(axis=1)
    return Guess(
        np.argmax(likely, axis=1).astype(float),
        top[:, 1],
        (1.0 - (top[:, 1] - top[:, 0])) * need,
        np.argmax(heard, axis=1).astype(float),
        max(trust, key=trust.__getitem__),
    )


def _one_class(looks: Views, rows: np.ndarray, own: np.ndarray) -> Guess:
    """Nothing to tell apart yet; far from what was seen is most doubtful."""
    name, look = next(iter(looks.common.items()))
    far = _nearest(look, look[rows])
    value = np.full(len(look), float(own[0]))
    return Guess(value, np.ones(len(look)), far / max(1e-9, float(far.max())), own.astype(float), name)


def _sureness(chances: np.ndarray, own: np.ndarray) -> float:
    """How sure a learner may be: the power of its chances [m, classes] that makes the unheard answers [m] likeliest.

    Discriminants of few answers are too sure, and would lose to a learner that knows nothing and says so.
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
    """Weights of the learners, summing to one, by how likely each held the answers [m] it had not heard.

    The log likelihood is divided by the root of m, which is how its error grows: faces picked because one look was in
    doubt speak against that look, and a plain sum soon drops the best one altogether.
    """
    told = np.array([np.log((1.0 - SLIPS) * chance + SLIPS / classes).sum() for chance in chances.values()])
    weights = np.exp((told - told.max()) / max(1, len(next(iter(chances.values())))) ** 0.5)
    return dict(zip(chances, (weights / weights.sum()).tolist(), strict=True))


def _nearest(features: np.ndarray, others: np.ndarray) -> np.ndarray:
    distance = np.square(features).sum(axis=1)[:, None] - 2.0 * features @ others.T + np.square(others).sum(axis=1)
    nearest: np.ndarray = np.maximum(distance, 0.0).min(axis=1)
    return nearest


def _learn_values(attribute: Attribute, looks: Views, rows: np.ndarray, answers: np.ndarray) -> Guess:
    angle = np.deg2rad(answers)
    wanted = np.stack([np.cos(angle), np.sin(angle)], axis=1) if attribute.kind == "cyclic" else answers[:, None]
    voices = looks.said.get(attribute.name, {})
    learners = {name: partial(regress, said.beside, said.words) for name, said in voices.items()}
    if len(rows) < LEAST:
        words = np.stack([said.words for said in voices.values()]).astype(
            np.float64
        )  # where voices differ, an answer teaches most
        heard = words.mean(axis=0)
        doubt = words.var(axis=0).sum(axis=1)
        return Guess(
            _in_units(attribute, heard),
            np.ones(len(heard)),
            doubt,
            _in_units(attribute, heard[rows]),
            next(iter(voices)),
        )
    learners |= {
        name: partial(regress, look, np.zeros((len(look), wanted.shape[1]))) for name, look in looks.common.items()
    }
    held = {name: np.zeros(wanted.shape) for name in learners}
    for out in _folds(len(rows)):
        for name, values in learners.items():
            held[name][out] = values(rows[~out], wanted[~out], rows[out])[0]
    best = min(learners, key=lambda name: float(np.square(held[name] - wanted).sum()))
    value, doubt = learners[best](rows, wanted, np.arange(len(next(iter(looks.common.values())))))
    return Guess(_in_units(attribute, value), np.ones(len(value)), doubt, _in_units(attribute, held[best]), best)


def _in_units(attribute: Attribute, value: np.ndarray) -> np.ndarray:
    if attribute.kind == "cyclic":
        degrees: np.ndarray = np.rad2deg(np.arctan2(value[:, 1], value[:, 0])) % 360.0
        return degrees
    clipped: np.ndarray = np.clip(value[:, 0], attribute.low, attribute.high)
    return clipped
