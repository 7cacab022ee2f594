"""Hair by layers: behind the body, beside the neck, over the skull, and the fringe."""

from dataclasses import dataclass

import numpy as np

from anime_gen.drawing.character import Character
from anime_gen.drawing.colours import Nuisance, Palette, hsl
from anime_gen.drawing.curves import Points, closed_spline, open_spline, stroke, tapered
from anime_gen.drawing.locks import Brush, brush, paint_locks, ribbons
from anime_gen.drawing.pose import Pose
from anime_gen.drawing.raster import Colour, Fill, Mark

FRINGE_LOCKS = 9
BACK_LOCKS = 10


@dataclass(frozen=True)
class Head:
    """Measures of one head of hair."""

    character: Character
    pose: Pose
    tones: Palette
    brush: Brush
    chance: Nuisance
    style: str
    length: float
    radius_x: float  # of the hair over the skull
    top: float  # y of the crown
    tie: Colour  # of the bands around tails

    def row(self, start: int, count: int, column: int) -> np.ndarray:
        """Jitter [count] in [-1, 1) of this head's own locks."""
        return self.chance.jitter[start : start + count, column]


def head(character: Character, pose: Pose, tones: Palette, chance: Nuisance) -> Head:
    """The hair's measures."""
    volume = character.number("hair_volume")
    return Head(
        character=character,
        pose=pose,
        tones=tones,
        brush=brush(character, pose, tones),
        chance=chance,
        style=str(character.attributes["hair_style"]),
        length=character.number("hair_length"),
        radius_x=pose.half_width + 0.022 + 0.072 * volume,
        top=0.105 - 0.06 * volume,
        tie=hsl(190.0 + 210.0 * chance.draws[28], 0.70, 0.55),
    )


def back_hair(h: Head) -> list[Mark]:
    """Everything behind the body: the mass of the hair and its tips."""
    hangs = h.style in ("loose", "hime")
    bottom = 0.76 + 0.40 * h.length if hangs else 0.72
    x = h.radius_x
    flare = 0.02 + 0.05 * h.length + 0.04 * h.character.number("hair_volume")
    lower = x - 0.02 + (flare if hangs else -0.05)
    mass = np.array([(0.0, h.top), (0.72 * x, h.top + 0.09), (x, 0.36), (x, 0.55), (lower, bottom - 0.08), (0.6 * lower, bottom - 0.02)])
    outline = np.concatenate([mass, [(0.0, bottom - 0.03)], (mass[:0:-1]) * (-1.0, 1.0)])
    marks: list[Mark] = [Fill("hair_back", h.pose.put(closed_spline(outline, 5), -0.1), h.tones.hair_shade, h.tones.hair_deep)]
    place = np.linspace(-1.0, 1.0, BACK_LOCKS)
    jitter = h.row(0, BACK_LOCKS, 0), h.row(0, BACK_LOCKS, 1)
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
    ribbon = ribbons(h.pose, h.brush, spines[order], np.full((BACK_LOCKS, 1), -0.1), np.full(BACK_LOCKS, 0.055), jitter[0])
    return marks + paint_locks("hair_back", ribbon, h.brush.tone("back"), h.brush)


def tails(h: Head) -> list[Mark]:
    """Twin tails or a pony tail, behind the body; buns on top."""
    if h.style == "twin_tails":
        return _tail(h, -1.0, 40) + _tail(h, 1.0, 44)
    if h.style == "ponytail":
        return _tail(h, 1.0, 40)
    return []


def _tail(h: Head, side: float, row: int) -> list[Mark]:
    count = 4
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
    start = h.pose.put(spines[:, 0].mean(axis=0) + (0.035 * side, -0.03), -0.06)
    tie = [(start[0] - 0.014, start[1] - 0.02), (start[0] + 0.014, start[1] + 0.02)]
    band = closed_spline(stroke(np.array(tie), 0.031), 5)
    return [
        *paint_locks("hair_back", ribbon, h.brush.tone("side"), h.brush),
        Fill("hair_back", tapered(np.concatenate([band, band[:1]]), h.pose.line, 1, 1), h.tones.hair_line),
        Fill("hair_back", band, h.tie),
    ]


def buns(h: Head) -> list[Mark]:
    """Two buns, in front of the skull's outline."""
    if h.style != "buns":
        return []
    marks: list[Mark] = []
    for side in (-1.0, 1.0):
        centre = np.array([side * h.radius_x * 0.72, h.top + 0.055])
        size = 0.082 + 0.014 * h.character.number("hair_volume")
        knots = np.array([(0, -1), (0.72, -0.7), (1, 0), (0.72, 0.72), (0, 1), (-0.72, 0.7), (-1, 0), (-0.7, -0.7)], dtype=float)
        ring = h.pose.put(closed_spline(knots * size + centre, 5), -0.02)
        marks.append(Fill("hair_back", ring, h.tones.hair))
        inner = h.pose.put(closed_spline(knots * size * 0.93 + centre + (-0.008 * h.pose.light * -1, -0.012), 5), -0.02)
        marks[-1] = Fill("hair_back", ring, h.tones.hair_shade)
        marks.append(Fill("hair_back", inner, h.tones.hair))
        loop = np.concatenate([ring, ring[:1]])
        marks.append(Fill("hair_back", tapered(loop, h.pose.line, 1, 1), h.tones.hair_line))
        swirl = np.array([(-0.5, 0.35), (0.1, 0.6), (0.6, 0.1), (0.2, -0.45), (-0.3, -0.2)]) * size + centre
        marks.append(Fill("hair_back", tapered(h.pose.put(open_spline(swirl, 5), -0.02), h.pose.line), h.tones.hair_line))
    return marks


def spikes(h: Head) -> list[Mark]:
    """Locks that stand off the crown; they grow with spikiness and lie hidden under the skull at 0."""
    angles = np.radians(np.array([-76.0, -54.0, -31.0, -8.0, 13.0, 36.0, 58.0, 78.0])) + 0.10 * h.row(50, 8, 0)
    reach = 0.88 + h.brush.spikiness * (0.30 + 0.10 * h.row(50, 8, 1))
    out = np.stack([np.sin(angles), -np.cos(angles)], axis=1)
    size = np.array([h.radius_x, 0.44 - h.top])
    base = np.array([0.0, 0.44])
    bend = np.stack([0.03 * np.sin(angles), 0.03 + 0.15 * np.sin(angles) ** 2], axis=1) * h.brush.spikiness
    spines = np.stack([base + 0.5 * out * size, base + 0.75 * out * size, base + 0.95 * out * size, base + out * size * reach[:, None] + bend], axis=1)
    ribbon = ribbons(h.pose, h.brush, spines, np.full((8, 1), 0.0), np.full(8, 0.06), np.zeros(8))
    return paint_locks("hair_back", ribbon, h.brush.tone("side"), h.brush)


def cap(h: Head) -> list[Mark]:
    """The hair over the skull, down to the hairline."""
    x, top = h.radius_x, h.top
    half = np.array([(0.0, top), (0.40 * x, top + 0.025), (0.76 * x, top + 0.105), (0.97 * x, 0.31), (1.0 * x, 0.44), (0.98 * x, 0.56)])
    inner = np.array([(0.97 * h.pose.half_width, 0.66), (0.90 * h.pose.half_width, 0.54), (0.90 * h.pose.half_width, 0.42), (0.13, 0.31)])
    right = np.concatenate([half, inner])
    outline = np.concatenate([right, [(0.0, 0.30)], (right[:0:-1]) * (-1.0, 1.0)])
    depth = np.concatenate([np.full(6, 0.02), [0.05, 0.06, 0.12, 0.2], [0.22], [0.2, 0.12, 0.06, 0.05], np.full(5, 0.02)])
    placed = h.pose.put(outline, depth)
    shape = closed_spline(placed, 5)
    over = np.concatenate([half[:0:-1] * (-1.0, 1.0), half])
    line = tapered(open_spline(h.pose.put(over, 0.02), 6), 0.95 * h.pose.line, 0.2, 0.2)
    return [Fill("hair", shape, h.tones.hair), Fill("hair", line, h.tones.hair_line)]


def _root(h: Head) -> float:
    return 0.0 if h.style == "hime" else 0.18 * h.character.number("hair_parting")


def fringe_spines(h: Head) -> tuple[Points, np.ndarray]:
    """Spines [9, 4, 2] of the fringe and their half-widths [9], from picture left to picture right."""
    place = np.linspace(-1.0, 1.0, FRINGE_LOCKS)
    w = h.pose.half_width
    root = _root(h)
    bangs = h.character.number("bangs")
    jitter_x, jitter_y = h.row(10, FRINGE_LOCKS, 0), h.row(10, FRINGE_LOCKS, 1)
    blunt = h.style == "hime"
    away = place - root / w
    tip_x = place * w * 0.92 + (0.0 if blunt else 1.0) * (0.035 * np.tanh(3 * away) + 0.016 * jitter_x)
    tip_y = 0.375 + 0.19 * bangs + (0.012 if blunt else 0.10) * np.abs(place) ** 2.2
    tip_y = tip_y + (0.004 if blunt else 0.022) * jitter_y - (0 if blunt else 0.055) * np.exp(-((away / 0.22) ** 2))
    start = np.stack([root + 0.03 * away, np.full(FRINGE_LOCKS, h.top + 0.045)], axis=1)
    first = np.stack([root + 0.62 * (tip_x - root) * 1.12, np.full(FRINGE_LOCKS, h.top + 0.055) + 0.05 * away**2], axis=1)
    second = np.stack([tip_x * 1.04 - 0.02 * np.tanh(3 * away), tip_y - 0.13], axis=1)
    spines = np.stack([start, first, second, np.stack([tip_x, tip_y], axis=1)], axis=1)
    return spines, np.full(FRINGE_LOCKS, 0.058 if blunt else 0.052) * (w / 0.27)


FRINGE_DEPTH = np.array([[0.10, 0.18, 0.23, 0.25]])


def _fringe_depth(spines: Points) -> np.ndarray:
    """Depth [9, 4]: the fringe bulges with the skull."""
    bulge = np.sqrt(np.clip(1.0 - (spines[:, :, 0] / 0.36) ** 2, 0.1, 1.0))
    return FRINGE_DEPTH * bulge + 0.02


def fringe(h: Head) -> list[Mark]:
    """The fringe, outer locks first."""
    spines, width = fringe_spines(h)
    away = np.abs(spines[:, 3, 0] - _root(h))
    order = np.argsort(-away, kind="stable")
    depth = _fringe_depth(spines)
    ribbon = ribbons(h.pose, h.brush, spines[order], depth[order], width[order], h.row(10, FRINGE_LOCKS, 2)[order], h.style == "hime")
    return paint_locks("hair_front", ribbon, h.brush.tone("front"), h.brush, band=(0.36, 0.60))


def fringe_shadow(h: Head) -> list[Mark]:
    """What the fringe and the side locks throw on the face, in the skin's shade."""
    spines, width = fringe_spines(h)
    ribbon = ribbons(h.pose, h.brush, spines, _fringe_depth(spines), width, h.row(10, FRINGE_LOCKS, 2), h.style == "hime")
    drop = np.array([-0.014 * h.pose.light, 0.022])
    marks: list[Mark] = []
    for centre, across, half in zip(*ribbon, strict=True):
        offset = across * half[:, None]
        marks.append(Fill("skin", np.concatenate([centre + offset, (centre - offset)[::-1]]) + drop, h.tones.skin_shade))
    return marks


def side_locks(h: Head) -> list[Mark]:
    """Locks that frame the face, in front of it; long hair falls over the shoulders."""
    w, x = h.pose.half_width, h.radius_x
    volume = h.character.number("hair_volume")
    grown = h.length if h.style in ("loose", "hime") else 0.35 * h.length
    marks: list[Mark] = []
    for side, row in ((-1.0, 24), (1.0, 28)):
        jitter = h.row(row, 2, 0)
        end = np.array([0.74, 0.70]) + grown * np.array([0.38, 0.10]) + 0.02 * jitter
        if h.style == "hime":
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
        ribbon = ribbons(h.pose, h.brush, spines, np.array([[0.05, 0.05, 0.06, 0.06], [0.08, 0.10, 0.12, 0.12]]), np.array([0.055, 0.038]), jitter, h.style == "hime")
        marks += paint_locks("hair", ribbon, h.brush.tone("front"), h.brush, band=(0.26, 0.42))
    return marks
