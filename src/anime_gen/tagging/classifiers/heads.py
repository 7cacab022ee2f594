"""Heads by kind: how many numbers an attribute takes, its loss, and what the numbers mean.

continuous   mean and log variance of the standardised value; loss: Gaussian likelihood, weighted by variance^beta
             (Seitzer et al. 2022, section 3: plain likelihood lets hard examples starve)
binary       one logit;   categorical   a logit a class;   cyclic   cosine and sine, whose length shrinks with doubt
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from anime_gen.attributes import Attribute

BETA = 0.5
LOG_VARIANCE = (-9.0, 3.0)


def raw_width(attribute: Attribute) -> int:
    """Numbers the network gives for this attribute."""
    return {"continuous": 2, "binary": 1, "categorical": len(attribute.classes), "cyclic": 2}[attribute.kind]


def class_weights(attribute: Attribute, targets: Tensor) -> Tensor:
    """Weight a class so that rare ones count: inverse square root of their share, within 0.3 to 4, mean about 1.

    The square root is a compromise: full inverse weights make a 2 % attribute over-called, and calibration then has
    to undo it.
    """
    classes = len(attribute.classes) if attribute.kind == "categorical" else 2
    if attribute.kind not in ("binary", "categorical"):
        return torch.ones(1)
    known = targets[~targets.isnan()].long()
    counts = torch.bincount(known, minlength=classes).float()
    share = counts / counts.sum().clamp(min=1)
    weights = (1.0 / classes / share.clamp(min=1e-4)).sqrt().clamp(0.3, 4.0)
    return weights / (weights * share).sum().clamp(min=1e-6)


def head_loss(attribute: Attribute, raw: Tensor, target: Tensor, weight: Tensor, classes: Tensor) -> Tensor:
    """Mean loss over the pictures whose label is known; ``target`` [n] is standardised for continuous ones.

    Labels that do not apply (NaN) are masked out; ``weight`` [n] says how far each label's source is trusted.
    """
    known = ~target.isnan()
    weight = weight * known
    target = torch.where(known, target, torch.zeros_like(target))
    if attribute.kind == "continuous":
        log_variance = raw[:, 1].clamp(*LOG_VARIANCE)
        error = (target - raw[:, 0]).square()
        loss = 0.5 * (error * (-log_variance).exp() + log_variance) * (BETA * log_variance).exp().detach()
    elif attribute.kind == "binary":
        loss = F.binary_cross_entropy_with_logits(raw[:, 0], target, reduction="none") * classes[target.long()]
    elif attribute.kind == "categorical":
        loss = F.cross_entropy(raw, target.long(), reduction="none") * classes[target.long()]
    else:
        angle = target * (math.pi / 180.0)
        loss = (raw[:, 0] - angle.cos()).square() + (raw[:, 1] - angle.sin()).square()
    return (loss * weight).sum() / weight.sum().clamp(min=1e-6)


def mirrored(attribute: Attribute, target: Tensor) -> Tensor:
    """The label of the mirrored picture (before standardising)."""
    return -target if attribute.flip == "negate" else target


def predicted_value(attribute: Attribute, readout: Tensor) -> Tensor:
    """Value [n] from calibrated read-out columns: units, probability, class number or degrees."""
    if attribute.kind == "categorical":
        return readout.argmax(dim=1)
    if attribute.kind == "cyclic":
        return torch.rad2deg(torch.atan2(readout[:, 1], readout[:, 0])) % 360.0
    return readout[:, 0].sigmoid() if attribute.kind == "binary" else readout[:, 0]


def raw_confidence(attribute: Attribute, readout: Tensor, spread: Tensor | None) -> Tensor:
    """Confidence [n] in 0..1 that the value is right, before isotonic calibration of the continuous kinds.

    ``spread`` [n] is the predicted standard deviation of a continuous value, in its units.
    """
    if attribute.kind == "binary":
        return readout[:, 0].abs().sigmoid()
    if attribute.kind == "categorical":
        return readout.softmax(dim=1).amax(dim=1)
    if attribute.kind == "cyclic":
        result: Tensor = readout.norm(dim=1).clamp(0.0, 1.0)
        return result
    assert spread is not None
    return torch.erf(attribute.tolerance * attribute.span / (spread * math.sqrt(2.0)).clamp(min=1e-9))


def is_right(attribute: Attribute, value: Tensor, truth: Tensor) -> Tensor:
    """Whether each value counts as right: the class, or within the attribute's tolerance."""
    if attribute.kind == "categorical":
        return value == truth
    if attribute.kind == "binary":
        return (value >= 0.5) == (truth >= 0.5)
    error = (value - truth).abs()
    if attribute.kind == "cyclic":
        error = torch.minimum(error, 360.0 - error)
    return error <= attribute.tolerance * attribute.span
