"""What became of a wish: asked, reached, how far it could go, and why it stopped short. Nothing is refused silently."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from anime_gen.attributes import Attribute, Column, Vocabulary
from anime_gen.latent.readings import Wish, column_slices, turn, values_of

AS_ASKED = 0.03
"""A value this near, as a share of its range, counts as reached."""


@dataclass(frozen=True)
class Outcome:
    """One wish: `interval` is what this character can reach (None for classes and switches); no reason: as asked."""

    asked: Wish
    reached: Wish
    interval: tuple[float, float] | None = None
    reason: str = ""


def shortfall(attribute: Attribute, asked: Wish, reached: Wish) -> float:
    """Distance from asked to reached as a share of the range; 0 or 1 for a class and for a switch."""
    if attribute.kind == "categorical":
        return float(asked != reached)
    if attribute.kind == "binary":
        return float((float(asked) > 0.5) != (float(reached) > 0.5))
    if attribute.kind == "cyclic":
        return abs(float(turn(float(reached), float(asked)))) / attribute.span
    return abs(float(asked) - float(reached)) / attribute.span


def drifts(
    vocabulary: Vocabulary, columns: Sequence[Column], before: torch.Tensor, after: torch.Tensor
) -> dict[str, float]:
    """How far each attribute went between two read-outs [columns], as a share of its range.

    A hue counts in half turns, a class and a switch by the probability that moved.
    """
    old, new = (values_of(vocabulary, columns, r[None]) for r in (before, after))
    moved = {}
    for name, where in column_slices(columns).items():
        attribute = vocabulary[name]
        if attribute.kind == "categorical":
            change = (after[where].softmax(0) - before[where].softmax(0)).abs().sum() / 2
            moved[name] = float(change)
        elif attribute.kind == "binary":
            moved[name] = abs(float(new[name][0]) - float(old[name][0]))
        else:
            moved[name] = shortfall(attribute, float(old[name][0]), float(new[name][0]))
    return moved


def plain_value(values: Mapping[str, np.ndarray], name: str) -> Wish:
    """The first character's value as a plain number or word."""
    value = values[name][0]
    return value if isinstance(value, str) else float(value)


def plain_outcomes(
    vocabulary: Vocabulary, targets: Mapping[str, Wish], values: Mapping[str, np.ndarray]
) -> dict[str, Outcome]:
    """What became of wishes by the values read in the end, where no more is known about the way there."""
    found = {}
    for name in (name for name in vocabulary if name in targets):
        attribute, reached = vocabulary[name], plain_value(values, name)
        reason, carrier = "", attribute.shown_with
        if carrier in vocabulary and float(values[carrier][0]) < 0.5:
            reason = hidden_reason(attribute, vocabulary[carrier])
        elif shortfall(attribute, targets[name], reached) > AS_ASKED:
            reason = "no further without becoming another face"
        found[name] = Outcome(targets[name], reached, None, reason)
    return found


def hidden_reason(attribute: Attribute, carrier: Attribute) -> str:
    """Why an attribute that is seen only with another one does not move."""
    return f"{attribute.label} is seen only with {carrier.label.lower()}; turn that on first"
