"""From raw outputs to numbers that can be believed: temperature, predicted spread, and a threshold for 95 % precision.

Fitted on randomly chosen validation pictures only. Actively chosen ones are hard ones, and a threshold from them would
be wrong for everybody else (Guo et al. 2017 for temperature; Zadrozny and Elkan 2002 for the isotonic map).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor
from torch.nn import functional as F

from anime_gen.attributes import Attribute
from anime_gen.tagging.classifiers.heads import is_right, predicted_value, raw_confidence

PRECISION = 0.95
SURE = 0.9
"""How sure that precision is: share of samples in which its lower bound lies below the truth."""
BINS = 32


class Calibration(BaseModel):
    """Of one attribute: logits x ``scale`` + ``bias`` (of each class: + ``offsets``); ``scale`` multiplies a spread."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scale: float = 1.0
    bias: float = 0.0
    offsets: tuple[float, ...] = ()
    centre: float = 0.0
    spread: float = 1.0
    knots_from: tuple[float, ...] = (0.0, 1.0)
    knots_to: tuple[float, ...] = (0.0, 1.0)
    threshold: float = 1.01  # above every confidence: abstain always

    def readout(self, attribute: Attribute, raw: Tensor) -> Tensor:
        """Read-out columns [n, k], differentiable: units, calibrated logits, or cosine and sine."""
        if attribute.kind == "continuous":
            return raw[:, :1] * self.spread + self.centre
        if attribute.kind == "binary":
            return raw * self.scale + self.bias
        if attribute.kind == "cyclic":
            return raw
        return raw * self.scale + torch.tensor(self.offsets or (0.0,), dtype=raw.dtype, device=raw.device)

    def deviation(self, attribute: Attribute, raw: Tensor) -> Tensor | None:
        """Predicted standard deviation [n] of a continuous value, in its units; None for other kinds."""
        if attribute.kind != "continuous":
            return None
        return (0.5 * raw[:, 1].clamp(-12.0, 6.0)).exp() * (self.spread * self.scale)

    def confidence(self, attribute: Attribute, raw: Tensor) -> Tensor:
        """Calibrated probability [n] that the value is right (for a continuous one: within its tolerance)."""
        confidence = raw_confidence(attribute, self.readout(attribute, raw), self.deviation(attribute, raw))
        mapped = np.interp(confidence.detach().cpu().numpy(), self.knots_from, self.knots_to)
        return torch.from_numpy(mapped).float()


def calibrate(
    attribute: Attribute,
    raw: Tensor,
    truth: Tensor,
    centre: float,
    spread: float,
    weights: Tensor | None = None,
) -> Calibration:
    """Fit on validation outputs [n, k] and labels [n] (NaN = unknown); with under 20 labels no more than the weights.

    A head that was taught with class ``weights`` [classes] says w(c) p(c) instead of p(c): a rare class seems likelier
    than it is, which no temperature undoes. The logarithms of the weights are subtracted first.
    """
    known = ~truth.isnan()
    raw, truth = raw[known], truth[known]
    plain = _unweighted(attribute, weights, centre, spread)
    if len(truth) < 20:
        return plain
    if attribute.kind == "continuous":
        error = (plain.readout(attribute, raw)[:, 0] - truth) / _deviation(plain, attribute, raw)
        fitted = plain.model_copy(update={"scale": float(error.square().mean().sqrt().clamp(0.05, 20.0))})
    elif attribute.kind == "cyclic":
        fitted = plain
    else:
        scale, bias = _fit_temperature(attribute, plain.readout(attribute, raw), truth)
        offsets = tuple(scale * offset for offset in plain.offsets)
        fitted = plain.model_copy(update={"scale": scale, "bias": scale * plain.bias + bias, "offsets": offsets})
    right = is_right(attribute, predicted_value(attribute, fitted.readout(attribute, raw)), truth).numpy()
    if attribute.kind in ("continuous", "cyclic"):
        fitted = fitted.model_copy(update=_isotonic(fitted.confidence(attribute, raw).numpy(), right))
    confidence = fitted.confidence(attribute, raw).numpy()
    return fitted.model_copy(update={"threshold": precision_threshold(confidence, right)})


def _unweighted(attribute: Attribute, weights: Tensor | None, centre: float, spread: float) -> Calibration:
    plain = Calibration(centre=centre, spread=spread)
    if weights is None or attribute.kind not in ("binary", "categorical"):
        return plain
    logs = (-weights.log()).tolist()
    return plain.model_copy(
        update={"bias": logs[1] - logs[0]} if attribute.kind == "binary" else {"offsets": tuple(logs)}
    )


def _deviation(calibration: Calibration, attribute: Attribute, raw: Tensor) -> Tensor:
    deviation = calibration.deviation(attribute, raw)
    assert deviation is not None
    return deviation


def _fit_temperature(attribute: Attribute, raw: Tensor, truth: Tensor) -> tuple[float, float]:
    """Scale (and, for a binary logit, bias) of least cross-entropy; pulled lightly to 1 and 0 for small samples."""
    log_scale = torch.zeros((), requires_grad=True)
    bias = torch.zeros((), requires_grad=True)
    free = [log_scale, bias] if attribute.kind == "binary" else [log_scale]
    optimiser = torch.optim.LBFGS(free, lr=0.5, max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimiser.zero_grad()
        scaled = raw.detach() * log_scale.exp() + (bias if attribute.kind == "binary" else 0.0)
        if attribute.kind == "binary":
            loss = F.binary_cross_entropy_with_logits(scaled[:, 0], truth)
        else:
            loss = F.cross_entropy(scaled, truth.long())
        loss = loss + (log_scale.square() + 0.1 * bias.square()) / len(truth)
        loss.backward()
        return float(loss.detach())

    with torch.enable_grad():
        optimiser.step(closure)
    scale = math.exp(min(max(float(log_scale.detach()), -3.0), 3.0))
    return scale, float(bias.detach())


def _isotonic(confidence: np.ndarray, right: np.ndarray) -> dict[str, tuple[float, ...]]:
    """A rising map from raw confidence to the share that was right: a knot for each of at most 32 equal bins.

    Each bin's share starts from half an answer right and half a one wrong (Jeffreys): a small sample never proves
    certainty. A map that is flat because every confidence is alike has a single knot.
    """
    from sklearn.isotonic import IsotonicRegression

    bins = np.array_split(np.argsort(confidence, kind="stable"), min(BINS, max(1, len(confidence) // 20)))
    centres = np.array([confidence[rows].mean(dtype=np.float64) for rows in bins])
    shares = np.array([(right[rows].sum() + 0.5) / (len(rows) + 1.0) for rows in bins])
    fitted = IsotonicRegression(out_of_bounds="clip").fit(centres, shares, sample_weight=[len(rows) for rows in bins])
    knots = np.unique(centres)
    return {"knots_from": tuple(map(float, knots)), "knots_to": tuple(map(float, fitted.predict(knots)))}


def precision_threshold(confidence: np.ndarray, right: np.ndarray, precision: float = PRECISION) -> float:
    """The lowest confidence from which on the answers kept are right with this precision; 1.01 if there is none.

    Right with 90 % certainty: what counts is the lower Clopper-Pearson bound (1934) of the share that is right, not the
    share in this sample, which flatters every second time. Fewer than 45 answers therefore prove nothing.
    """
    from scipy.stats import beta

    order = np.argsort(-confidence, kind="stable")
    hits, kept = np.cumsum(right[order]), np.arange(1, len(order) + 1)
    bound = np.where(hits > 0, beta.ppf(1.0 - SURE, np.maximum(hits, 1), kept - hits + 1), 0.0)
    last_of_tie = np.append(np.diff(confidence[order]) != 0, True)
    good = np.flatnonzero((bound >= precision) & last_of_tie)
    return float(confidence[order][good[-1]]) if len(good) else 1.01
