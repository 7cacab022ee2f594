"""Hair behind the body: its mass and tips, tails, buns, and the spikes that stand off the crown."""

import numpy as np

from anime_gen.drawing.curves import MIRROR, closed, closed_spline, open_spline, stroke, tapered, vector
from anime_gen.drawing.head import Head
from anime_gen.drawing.locks import paint_locks, ribbons
from anime_gen.drawing.raster import Fill, Mark

BACK_LOCKS, TAIL_LOCKS, SPIKES = 10, 4, 8
BACK_ROW, TAIL_ROWS, SPIKE_ROW = 0, (40, 44), 50  # of the jitter
BUN = np.array([(0, -1), (0.72, -0.7), (1, 0), (0.72, 0.72), (0, 1), (-0.72, 0.7), (-1, 0), (-0.7, -0.7)], dtype=float)
SWIRL = np.array([(-0.5, 0.35), (0.1, 0.6), (0.6, 0.1), (0.2, -0.45), (-0.3, -0.2)])


def back_hair(h: Head) -> list[Mark]:
    """Everything behind the body: the mass of the hair and its tips."""
    bottom = 0.76 + 0.40 * h.length if h.hangs else 0.72
    x = h.radius_x
    flare = 0.02 + 0.05 * h.length + 0.04 * h.character.number("hair_volume")
    lower = x - 0.02 + (flare if h.hangs else -0.05)
    crown, sides = [(0.0, h.top), (0.72 * x, h.top + 0.09)], [(x, 0.36), (x, 0.55)]
    mass = np.array([*crown, *sides, (lower, bottom - 0.08), (0.6 * lower, bottom - 0.02)])
    outline = np.concatenate([mass, [(0.0, bottom - 0.03)], mass[:0:-1] * MIRROR])
    marks: list[Mark] = [
        Fill("hair_back", h.pose.put(closed_spline(outline, 5), -0.1), h.tones.hair_shade, h.tones.hair_deep)
    ]
    place = np.linspace(-1.0, 1.0, BACK_LOCKS)
    jitter = h.row(BACK_ROW, BACK_LOCKS, 0), h.row(BACK_ROW, BACK_LOCKS, 1)
    tips = place * (lower + 0.02 + 0.05 * h.brush.spikiness) + 0.02 * jitter[0]
    ends = bottom + 0.025 * jitter[1] - 0.03 * np.abs(place) * (1 + h.brush.spikiness)
    spines = np.stack(
        [
            np.stack([place * x * 0.75, np.full(BACK_LOCKS, 0.30)], axis=1),
            np.stack([place * x * 0.98, np.full(BACK_LOCKS, 0.50)], axis=1),
            np.stack([place * lower * 1.04, ends - 0.16], axis=1),
            np.stack([tips, ends], axis=1),
        ],
        axis=1,
    )
    order = np.argsort(-np.abs(place), kind="stable")[::-1]
    ribbon = ribbons(
        h.pose, h.brush, spines[order], np.full((BACK_LOCKS, 1), -0.1), np.full(BACK_LOCKS, 0.055), jitter[0]
    )
    return marks + paint_locks("hair_back", ribbon, h.brush.tone("back"), h.brush)


def tails(h: Head) -> list[Mark]:
    """Twin tails or a pony tail."""
    if h.style == "twin_tails":
        return _tail(h, -1.0, TAIL_ROWS[0]) + _tail(h, 1.0, TAIL_ROWS[1])
    if h.style == "ponytail":
        return _tail(h, 1.0, TAIL_ROWS[0])
    return []


def _tail(h: Head, side: float, row: int) -> list[Mark]:
    count = TAIL_LOCKS
    high = h.style == "ponytail"
    root = (side * (0.10 if high else h.radius_x * 0.86), 0.12 if high else 0.30)
    end = 0.58 + 0.56 * h.length
    offset = np.linspace(-1.0, 1.0, count)
    jitter = h.row(row, count, 0)
    reach = h.radius_x + (0.03 if high else 0.04) + 0.03 * h.character.number("hair_volume")
    spines = np.stack(
        [
            np.stack([root[0] + 0.012 * offset, root[1] + 0.01 * offset], axis=1),
            np.stack([side * (reach + 0.10) + 0.03 * offset, root[1] - 0.12 + 0.02 * offset], axis=1),
            np.stack([side * (reach + 0.05) + 0.055 * offset, np.full(count, 0.65 * end)], axis=1),
            np.stack([side * (reach - 0.01) + 0.05 * offset, end + 0.03 * jitter], axis=1),
        ],
        axis=1,
    )
    ribbon = ribbons(h.pose, h.brush, spines, np.full((count, 1), -0.06), np.full(count, 0.052), jitter)
    start = h.pose.put(spines[:, 0].mean(axis=0) + vector(0.035 * side, -0.03), -0.06)
    tie = [(start[0] - 0.014, start[1] - 0.02), (start[0] + 0.014, start[1] + 0.02)]
    band = closed_spline(stroke(np.array(tie), 0.031), 5)
    return [
        *paint_locks("hair_back", ribbon, h.brush.tone("side"), h.brush),
        Fill("hair_back", tapered(closed(band), h.pose.line, 1, 1), h.tones.hair_line),
        Fill("hair_back", band, h.tie),
    ]


def buns(h: Head) -> list[Mark]:
    """Two buns, each with a swirl."""
    if h.style != "buns":
        return []
    marks: list[Mark] = []
    for side in (-1.0, 1.0):
        centre = np.array([side * h.radius_x * 0.72, h.top + 0.055])
        size = 0.082 + 0.014 * h.character.number("hair_volume")
        ring = h.pose.put(closed_spline(BUN * size + centre, 5), -0.02)
        lit = BUN * size * 0.93 + centre + vector(0.008 * h.pose.light, -0.012)
        swirl = h.pose.put(open_spline(SWIRL * size + centre, 5), -0.02)
        marks += [
            Fill("hair_back", ring, h.tones.hair_shade),
            Fill("hair_back", h.pose.put(closed_spline(lit, 5), -0.02), h.tones.hair),
            Fill("hair_back", tapered(closed(ring), h.pose.line, 1, 1), h.tones.hair_line),
            Fill("hair_back", tapered(swirl, h.pose.line), h.tones.hair_line),
        ]
    return marks


def spikes(h: Head) -> list[Mark]:
    """Locks that stand off the crown; they grow with spikiness and lie hidden under the skull at 0."""
    angles = np.radians(np.array([-76.0, -54.0, -31.0, -8.0, 13.0, 36.0, 58.0, 78.0])) + 0.10 * h.row(
        SPIKE_ROW, SPIKES, 0
    )
    reach = 0.88 + h.brush.spikiness * (0.30 + 0.10 * h.row(SPIKE_ROW, SPIKES, 1))
    out = np.stack([np.sin(angles), -np.cos(angles)], axis=1)
    size = np.array([h.radius_x, 0.44 - h.top])
    base = np.array([0.0, 0.44])
    bend = np.stack([0.03 * np.sin(angles), 0.03 + 0.15 * np.sin(angles) ** 2], axis=1) * h.brush.spikiness
    spines = np.stack(
        [
            base + 0.5 * out * size,
            base + 0.75 * out * size,
            base + 0.95 * out * size,
            base + out * size * reach[:, None] + bend,
        ],
        axis=1,
    )
    ribbon = ribbons(h.pose, h.brush, spines, np.zeros((SPIKES, 1)), np.full(SPIKES, 0.06), np.zeros(SPIKES))
    return paint_locks("hair_back", ribbon, h.brush.tone("side"), h.brush)
