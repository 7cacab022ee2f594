"""What single estimators make of a few answers: of sub-models' predictions (``correct``) and of views of the faces."""

from __future__ import annotations

import numpy as np

from anime_gen.tagging.active_learning.views import Prediction

SLIPS = 0.05  # share of answers that may be slips: bounds what one of them does to an estimator and to the trust in it
# Gaussian priors of a correction, as precisions: of a sub-model's scale (its logarithm) and bias, and of what it says
# beside the attribute itself. A sub-model is usually wrong about how often, seldom about which is which.
SCALE_PRIOR, BIAS_PRIOR, BESIDE_PRIOR = 2.0, 3.0, 30.0


def correct(predicted: Prediction, classes: int, rows: np.ndarray, own: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Chances from a sub-model's prediction once corrected by answers: without any, its own.

    Logistic regression whose prior is the sub-model itself: logits are its own, scaled and shifted, plus a linear
    function of what it says beside; the most likely correction, with answers that may be slips.
    """
    from scipy.optimize import minimize
    from scipy.special import softmax

    every = predicted.readout if predicted.readout.shape[1] > 1 else np.pad(predicted.readout, ((0, 0), (1, 0)))
    readout, beside = every[rows].astype(np.float64), predicted.beside[rows].astype(np.float64)
    truth = np.eye(classes)[own]

    def logits(correction: np.ndarray, readout: np.ndarray, beside: np.ndarray) -> np.ndarray:
        scale, bias = np.exp(correction[0]), correction[1 : 1 + classes]
        total: np.ndarray = scale * readout + bias + beside @ correction[1 + classes :].reshape(-1, classes)
        return total

    precision = np.repeat([SCALE_PRIOR, BIAS_PRIOR, BESIDE_PRIOR], [1, classes, beside.shape[1] * classes])

    def loss(correction: np.ndarray) -> tuple[float, np.ndarray]:
        chances = softmax(logits(correction, readout, beside), axis=1)
        right = (chances * truth).sum(axis=1)
        held = (1.0 - SLIPS) * right + SLIPS / classes
        slope = ((1.0 - SLIPS) * right / held)[:, None] * (chances - truth)
        gradient = [(slope * readout).sum() * np.exp(correction[0]), *slope.sum(axis=0), *(beside.T @ slope).ravel()]
        prior = precision * correction
        return 0.5 * float(prior @ correction) - float(np.log(held).sum()), np.array(gradient) + prior

    correction = np.zeros(len(precision))
    if len(rows):
        correction = minimize(loss, correction, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    chances: np.ndarray = softmax(logits(correction, every[asked], predicted.beside[asked]), axis=1)
    return chances


def discriminate(view: np.ndarray, classes: int, rows: np.ndarray, own: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Chances from one view [n, k] alone.

    Linear discriminants (Hastie et al. 2009, section 4.3) with one covariance for all classes, shrunk by Ledoit and
    Wolf's rule (2004): with 20 answers and 150 columns nothing else can be estimated. scikit-learn's own shrinks one
    covariance for each class. Classes are taken as more alike in frequency than the answers are: macro-F1 counts them
    alike, and the answers were not drawn by chance.
    """
    from scipy.special import softmax
    from sklearn.covariance import ledoit_wolf

    known = view[rows].astype(np.float64)
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
    chances: np.ndarray = softmax(view[asked] @ weights + offset, axis=1)
    return chances


def regress(
    view: np.ndarray, readout: np.ndarray, rows: np.ndarray, wanted: np.ndarray, asked: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Values [k, c] for the asked rows and their relative variance [k]: ``readout`` [n, c] plus ridge regression on a
    view [n, d] of what they miss.
    """
    known, seen = view[rows].astype(np.float64), view[asked].astype(np.float64)
    missed = wanted - readout[rows]
    mean, centre = missed.mean(axis=0), known.mean(axis=0)
    known, seen = known - centre, seen - centre
    loud = max(1e-9, float(np.square(known).sum(axis=1).mean()))
    ridge = known.T @ known / loud + max(1.0, 0.02 * len(known)) * known.shape[1] ** -0.5 * np.eye(known.shape[1])
    value = readout[asked] + mean + seen @ np.linalg.solve(ridge, known.T @ (missed - mean)) / loud
    doubt = np.einsum("nk,kn->n", seen, np.linalg.solve(ridge, seen.T))
    return value, doubt
