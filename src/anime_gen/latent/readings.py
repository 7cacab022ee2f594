"""From columns of a read-out to values an artist knows, and from a wish to the rows that must change."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from anime_gen.attributes import Attribute, Column, Vocabulary

SURE_LOGIT = 3.0
"""A binary wish aims at this logit (95 %): further out the picture changes and the answer does not."""
CLASS_MARGIN = 2.0
"""A class wish aims at this lead over the next class (88 %)."""
Wish = float | str


@dataclass(frozen=True)
class Ask:
    """Rows of the read-out that a wish moves and by how much: rows [m, columns], change [m]."""

    rows: torch.Tensor
    change: torch.Tensor


def column_slices(columns: Sequence[Column]) -> dict[str, slice]:
    """Where each attribute's columns lie; an attribute's columns are neighbours."""
    slices: dict[str, slice] = {}
    for place, column in enumerate(columns):
        start = slices[column.attribute].start if column.attribute in slices else place
        slices[column.attribute] = slice(start, place + 1)
    return slices


def values_of(vocabulary: Vocabulary, columns: Sequence[Column], readout: torch.Tensor) -> dict[str, np.ndarray]:
    """Read-out [n, columns] -> attribute -> values [n]: units, probability, class name, or degrees in 0..360."""
    return {
        name: _decode(vocabulary[name], readout[:, where].detach().cpu().float().numpy())
        for name, where in column_slices(columns).items()
    }


def _decode(attribute: Attribute, readout: np.ndarray) -> np.ndarray:
    values: np.ndarray = readout[:, 0]
    if attribute.kind == "categorical":
        values = np.array(attribute.classes, dtype=object)[readout.argmax(1)]
    elif attribute.kind == "cyclic":
        values = np.degrees(np.arctan2(readout[:, 1], readout[:, 0])) % 360.0
    elif attribute.kind == "binary":
        values = 1.0 / (1.0 + np.exp(-np.clip(readout[:, 0], -40, 40)))
    return values


def turn(start: np.ndarray | float, end: np.ndarray | float) -> np.ndarray:
    """Degrees from start to end the short way round, in -180..180."""
    result: np.ndarray = (np.asarray(end) - np.asarray(start) + 180.0) % 360.0 - 180.0
    return result


def ask(attribute: Attribute, where: slice, current: torch.Tensor, wish: Wish, share: float = 1.0) -> Ask:
    """What must change in a read-out [columns] for the attribute to become `wish`.

    `share` in 0..1 goes only part of a rotation, so that a hue turns the short way in steps and not through grey.
    A binary or class wish already met asks for nothing. Raises ValueError for a value the attribute does not have.
    """
    value = attribute.read(wish) if attribute.kind in ("categorical", "cyclic") else _number(attribute, wish)
    rows = torch.zeros(where.stop - where.start, len(current))
    rows[:, where] = torch.eye(len(rows))
    now = current[where]
    if attribute.kind == "categorical":
        return _ask_class(rows, now, attribute.classes.index(str(value)))
    if attribute.kind == "cyclic":
        start = float(np.degrees(np.arctan2(float(now[1]), float(now[0]))))
        angle = np.radians(start + share * float(turn(start, float(value))))
        return Ask(rows, torch.tensor([np.cos(angle), np.sin(angle)], dtype=torch.float32) - now)
    if attribute.kind == "binary":
        return Ask(rows, torch.tensor([_logit_change(float(now[0]), float(value))]))
    return Ask(rows, torch.tensor([float(value) - float(now[0])]))


def _ask_class(rows: torch.Tensor, now: torch.Tensor, wanted: int) -> Ask:
    others = now.clone()
    others[wanted] = -torch.inf
    rival = int(others.argmax())
    missing = CLASS_MARGIN - float(now[wanted] - now[rival])
    return Ask((rows[wanted] - rows[rival])[None], torch.tensor([max(0.0, missing)]))


def _logit_change(now: float, probability: float) -> float:
    sure = 1.0 / (1.0 + np.exp(-SURE_LOGIT))
    share = min(max(probability, 1.0 - sure), sure)
    target = float(np.log(share / (1.0 - share)))
    already = (probability >= sure and now >= target) or (probability <= 1.0 - sure and now <= target)
    return 0.0 if already else target - now


def _number(attribute: Attribute, wish: Wish) -> float:
    try:
        value = float(wish)
    except ValueError:
        value = float("nan")
    if not attribute.low <= value <= attribute.high:
        raise ValueError(f"{attribute.name} = {wish!r} is not possible; {_allowed(attribute)}")
    return value


def _allowed(attribute: Attribute) -> str:
    return f"it must be a number from {attribute.low:g} to {attribute.high:g}"
