"""Hair in front: the cap over the skull, the fringe with its shadow on the face, the locks at the sides."""

import numpy as np

from anime_gen.drawing.curves import MIRROR, Points, closed_spline, open_spline, tapered
from anime_gen.drawing.head import Head
from anime_gen.drawing.locks import paint_locks, ribbons
from anime_gen.drawing.raster import Fill, Mark

FRINGE_LOCKS = 9
FRINGE_ROW, SIDE_ROWS = 10, (24, 28)  # of the jitter
FRINGE_DEPTH = np.array([[0.10, 0.18, 0.23, 0.25]])  # from the root to the tip of a lock in the middle


def cap(h: Head) -> list[Mark]:
    """The hair over the skull, down to the hairline."""
    x, top = h.radius_x, h.top
    over_x = np.array([0.0, 0.40, 0.76, 0.97, 1.0, 0.98]) * x
    half = np.stack([over_x, [top, top + 0.025, top + 0.105, 0.31, 0.44, 0.56]], axis=1)
    edge_x = np.array([0.97, 0.90, 0.90]) * h.pose.half_width
    right = np.concatenate([half, np.stack([edge_x, [0.66, 0.54, 0.42]], axis=1), [(0.13, 0.31)]])
    outline = np.concatenate([right, [(0.0, 0.30)], right[:0:-1] * MIRROR])
    edge_depth = np.array([0.05, 0.06, 0.12, 0.2])
    depth = np.concatenate([np.full(6, 0.02), edge_depth, [0.22], edge_depth[::-1], np.full(5, 0.02)])
    shape = closed_spline(h.pose.put(outline, depth), 5)
    over = np.concatenate([half[:0:-1] * MIRROR, half])
    line = tapered(open_spline(h.pose.put(over, 0.02), 6), 0.95 * h.pose.line, 0.2, 0.2)
    return [Fill("hair", shape, h.tones.hair), Fill("hair", line, h.tones.hair_line)]


def _root(h: Head) -> float:
    return 0.0 if h.blunt else 0.18 * h.character.number("hair_parting")


def fringe_spines(h: Head) -> tuple[Points, Points]:
    """Spines [9, 4, 2] of the fringe and their half-widths [9], from picture left to picture right."""
    place = np.linspace(-1.0, 1.0, FRINGE_LOCKS)
    w = h.pose.half_width
    root = _root(h)
    bangs = h.character.number("bangs")
    jitter_x, jitter_y = h.row(FRINGE_ROW, FRINGE_LOCKS, 0), h.row(FRINGE_ROW, FRINGE_LOCKS, 1)
    away = place - root / w
    tip_x = place * w * 0.92
    if h.blunt:
        tip_y = 0.375 + 0.19 * bangs + 0.012 * np.abs(place) ** 2.2 + 0.004 * jitter_y
    else:
        tip_x = tip_x + (0.035 * np.tanh(3 * away) + 0.016 * jitter_x)
        tip_y = 0.375 + 0.19 * bangs + 0.10 * np.abs(place) ** 2.2 + 0.022 * jitter_y
        tip_y = tip_y - 0.055 * np.exp(-((away / 0.22) ** 2))  # the fringe opens at the parting
    start = np.stack([root + 0.03 * away, np.full(FRINGE_LOCKS, h.top + 0.045)], axis=1)
    first = np.stack(
        [root + 0.62 * (tip_x - root) * 1.12, np.full(FRINGE_LOCKS, h.top + 0.055) + 0.05 * away**2], axis=1
    )
    second = np.stack([tip_x * 1.04 - 0.02 * np.tanh(3 * away), tip_y - 0.13], axis=1)
    spines = np.stack([start, first, second, np.stack([tip_x, tip_y], axis=1)], axis=1)
    return spines, np.full(FRINGE_LOCKS, 0.058 if h.blunt else 0.052) * (w / 0.27)


def _fringe_depth(spines: Points) -> Points:
    """Depth [9, 4]: the fringe bulges with the skull."""
    bulge = np.sqrt(np.clip(1.0 - (spines[:, :, 0] / 0.36) ** 2, 0.1, 1.0))
    return FRINGE_DEPTH * bulge + 0.02


def fringe(h: Head) -> list[Mark]:
    """The fringe, outer locks first."""
    spines, width = fringe_spines(h)
    away = np.abs(spines[:, 3, 0] - _root(h))
    order = np.argsort(-away, kind="stable")
    depth = _fringe_depth(spines)
    ribbon = ribbons(
        h.pose, h.brush, spines[order], depth[order], width[order], h.row(FRINGE_ROW, FRINGE_LOCKS, 2)[order], h.blunt
    )
    return paint_locks("hair_front", ribbon, h.brush.tone("front"), h.brush, band=(0.36, 0.60))


def fringe_shadow(h: Head) -> list[Mark]:
    """What the fringe throws on the face, in the skin's shade."""
    spines, width = fringe_spines(h)
    ribbon = ribbons(h.pose, h.brush, spines, _fringe_depth(spines), width, h.row(FRINGE_ROW, FRINGE_LOCKS, 2), h.blunt)
    drop = np.array([-0.014 * h.pose.light, 0.022])
    marks: list[Mark] = []
    for centre, across, half in zip(*ribbon, strict=True):
        offset = across * half[:, None]
        marks.append(
            Fill("skin", np.concatenate([centre + offset, (centre - offset)[::-1]]) + drop, h.tones.skin_shade)
        )
    return marks


def side_locks(h: Head) -> list[Mark]:
    """Locks that frame the face, in front of it; long hair falls over the shoulders."""
    w, x = h.pose.half_width, h.radius_x
    volume = h.character.number("hair_volume")
    grown = h.length if h.hangs else 0.35 * h.length
    marks: list[Mark] = []
    for side, row in zip((-1.0, 1.0), SIDE_ROWS, strict=True):
        jitter = h.row(row, 2, 0)
        end = np.array([0.74, 0.70]) + grown * np.array([0.38, 0.10]) + 0.02 * jitter
        if h.blunt:
            end[1] = 0.77
        foot = np.array([w + 0.035 + 0.05 * volume * grown + 0.03 * grown, w - 0.012 + 0.015 * volume])
        flick = 0.05 * h.brush.spikiness
        spines = np.stack(
            [
                np.array([(side * 0.45 * x, h.top + 0.07), (side * 0.40 * x, h.top + 0.08)]),
                np.array([(side * 1.02 * x, h.top + 0.10), (side * 0.94 * x, h.top + 0.12)]),
                np.stack([side * (foot + 0.02), 0.35 + 0.62 * (end - 0.35)], axis=1),
                np.stack([side * (foot - 0.03 * (1 - grown) + flick), end], axis=1),
            ],
            axis=1,
        )
        ribbon = ribbons(
            h.pose,
            h.brush,
            spines,
            np.array([[0.05, 0.05, 0.06, 0.06], [0.08, 0.10, 0.12, 0.12]]),
            np.array([0.055, 0.038]),
            jitter,
            h.blunt,
        )
        marks += paint_locks("hair", ribbon, h.brush.tone("front"), h.brush, band=(0.26, 0.42))
    return marks
