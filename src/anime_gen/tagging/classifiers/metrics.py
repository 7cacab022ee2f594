"""How good tags are: macro-F1 or R-squared, AUROC, calibration error, coverage at 95 % precision, with intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from anime_gen.attributes import Attribute
from anime_gen.tagging.classifiers.heads import is_right

BINS = 15
RESAMPLES = 100
LEAST_CALLED = 10
"""Pictures taken for a class below which its calibration error means nothing."""


@dataclass(frozen=True)
class Judged:
    """Predictions beside the truth, for pictures whose truth is known: arrays [n] but ``scores`` [n, classes]."""

    attribute: Attribute
    truth: np.ndarray
    value: np.ndarray
    confidence: np.ndarray
    abstained: np.ndarray
    scores: np.ndarray
    rows: np.ndarray  # which picture of the tested ones each entry is

    def __len__(self) -> int:
        return len(self.truth)

    @property
    def right(self) -> np.ndarray:
        """Whether each value counts as right, bool [n]."""
        return is_right(self.attribute, torch.from_numpy(self.value), torch.from_numpy(self.truth)).numpy()

    @property
    def error(self) -> np.ndarray:
        """How wrong each value is: distance in units or degrees; for classes 0 if right, else the confidence."""
        if self.attribute.kind in ("binary", "categorical"):
            return np.where(self.right, 0.0, self.confidence)
        distance = np.abs(self.value - self.truth)
        result: np.ndarray = np.minimum(distance, 360.0 - distance) if self.attribute.kind == "cyclic" else distance
        return result

    def take(self, rows: np.ndarray) -> Judged:
        """Some of the pictures."""
        parts = (self.truth, self.value, self.confidence, self.abstained, self.scores, self.rows)
        return Judged(self.attribute, *(part[rows] for part in parts))


def macro_f1(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Mean F1 of the classes that occur in the truth."""
    scores = []
    for label in np.unique(truth):
        hit = float(np.sum((truth == label) & (predicted == label)))
        scores.append(2.0 * hit / (np.sum(truth == label) + np.sum(predicted == label)))
    return float(np.mean(scores)) if scores else float("nan")


def r_squared(attribute: Attribute, truth: np.ndarray, value: np.ndarray) -> float:
    """Explained share of the variance; for a hue, of the chord length on the colour circle."""
    if attribute.kind == "cyclic":
        points, guesses = (np.stack([np.cos(np.deg2rad(v)), np.sin(np.deg2rad(v))], axis=1) for v in (truth, value))
    else:
        points, guesses = truth[:, None], value[:, None]
    total = float(np.square(points - points.mean(axis=0)).sum())
    return 1.0 - float(np.square(points - guesses).sum()) / total if total > 0 else float("nan")


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error over equally filled bins (equal widths leave most bins of a sure tagger empty)."""
    edges = np.quantile(confidence, np.linspace(0.0, 1.0, min(bins, max(1, len(confidence) // 10)) + 1))
    place = np.searchsorted(np.unique(edges[1:-1]), confidence, side="right")  # equal confidences share a bin
    parts = [place == number for number in np.unique(place)]
    gaps = [abs(confidence[part].mean() - right[part].mean()) * part.sum() for part in parts]
    return float(sum(gaps) / max(1, len(confidence)))


def calibration_errors(judged: Judged) -> dict[str, float | None]:
    """Class -> how far the confidence of the pictures taken for it is from the share that is right.

    The pooled error hides a rare class that is called too often. None where fewer than ten pictures were.
    """
    kind = judged.attribute.kind
    called = judged.value if kind == "categorical" else (judged.value >= 0.5).astype(float)
    names = judged.attribute.classes if kind == "categorical" else ("no", "yes")
    errors: dict[str, float | None] = {}
    for number, name in enumerate(names):
        rows = called == number
        enough = rows.sum() >= LEAST_CALLED
        errors[name] = abs(float(judged.confidence[rows].mean() - judged.right[rows].mean())) if enough else None
    return errors


def auroc(attribute: Attribute, truth: np.ndarray, scores: np.ndarray) -> float | None:
    """Area under the ROC curve; mean of one class against the rest; None for continuous and cyclic attributes."""
    from scipy.stats import rankdata

    if attribute.kind not in ("binary", "categorical"):
        return None
    areas = []
    for label in range(1, 2) if attribute.kind == "binary" else range(scores.shape[1]):
        positive = truth == label
        count = int(positive.sum())
        if 0 < count < len(truth):
            ranks = rankdata(scores[:, 0 if attribute.kind == "binary" else label])
            area = (ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(truth) - count))
            areas.append(float(area))
    return float(np.mean(areas)) if areas else None


def quality(judged: Judged) -> float:
    """The one figure that says how well this attribute is read: macro-F1, or R-squared."""
    if judged.attribute.kind == "categorical":
        return macro_f1(judged.truth, judged.value)
    if judged.attribute.kind == "binary":
        return macro_f1(judged.truth, (judged.value >= 0.5).astype(float))
    return r_squared(judged.attribute, judged.truth, judged.value)


def quality_name(attribute: Attribute) -> str:
    """``macro_f1`` or ``r2``."""
    return "macro_f1" if attribute.kind in ("binary", "categorical") else "r2"


def interval(judged: Judged, figure: Callable[[Judged], float], seed: int = 0) -> tuple[float, float]:
    """95 % bootstrap interval of a figure over the pictures."""
    random = np.random.default_rng(seed)
    draws = [figure(judged.take(random.integers(0, len(judged), len(judged)))) for _ in range(RESAMPLES)]
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return float(low), float(high)


def attribute_report(judged: Judged, n_train: int) -> dict[str, Any]:
    """The entry of ``tagging.json`` for one attribute; figures are None where there was nothing to test on."""
    name = quality_name(judged.attribute)
    head: dict[str, Any] = {
        "kind": judged.attribute.kind,
        "n_train": n_train,
        "n_test": len(judged),
    }
    if len(judged) < 2:
        return head | dict.fromkeys((name, "auroc", "ece", "coverage_at_95"), None)
    kept = ~judged.abstained
    low, high = interval(judged, quality)
    ece_low, ece_high = interval(judged, lambda some: calibration_error(some.confidence, some.right))
    figures: dict[str, float | None] = {
        name: quality(judged),
        f"{name}_low": low,
        f"{name}_high": high,
        "auroc": auroc(judged.attribute, judged.truth, judged.scores),
        "ece": calibration_error(judged.confidence, judged.right),
        "ece_low": ece_low,
        "ece_high": ece_high,
        "coverage_at_95": float(kept.mean()),
        "precision_kept": float(judged.right[kept].mean()) if kept.any() else None,
        **_error(judged),
    }
    unknown = {key: None for key, value in figures.items() if value is not None and not np.isfinite(value)}
    if np.ptp(judged.truth) == 0:  # a constant guess would be right about all
        unknown |= dict.fromkeys((name, f"{name}_low", f"{name}_high"), None)
    if judged.attribute.kind in ("binary", "categorical"):
        head["ece_by_class"] = calibration_errors(judged)
    return head | figures | unknown


def untrained_report(attribute: Attribute, reason: str) -> dict[str, float | int | str | None]:
    """The entry of an attribute that no sub-model reads, and why."""
    figures = (quality_name(attribute), "auroc", "ece", "coverage_at_95")
    return {"kind": attribute.kind, "n_train": 0, "n_test": 0, **dict.fromkeys(figures, None), "reason": reason}


def _error(judged: Judged) -> dict[str, float]:
    """Mean absolute error in units, for the kinds that have one."""
    if judged.attribute.kind in ("binary", "categorical"):
        return {}
    return {"mean_error": float(judged.error.mean())}
