"""Clothes and background: all decided by the seed."""

import numpy as np
from numpy.typing import NDArray

from anime_gen.drawing.colours import WHITE, hsl, mix, tint
from anime_gen.drawing.curves import MIRROR, Points, closed, closed_spline, open_spline, tapered, vector
from anime_gen.drawing.nuisance import Nuisance
from anime_gen.drawing.pose import Pose
from anime_gen.drawing.raster import Colour, Fill, Mark

CENTRE = vector(0.5, 0.0)
BODY = np.array([(0.11, 0.915), (0.20, 0.945), (0.33, 0.965), (0.41, 1.02), (0.45, 1.2)])


def background(chance: Points) -> NDArray[np.uint8]:
    """Control colours uint8 [3, 3, 3] of a soft gradient."""
    hue = 360.0 * chance[0]
    dark = chance[1] < 0.10
    low = 0.30 if dark else 0.74
    reach = 0.15 if dark else 0.21
    grid = [
        hsl(hue + 50.0 * (chance[3 + i] - 0.5), 0.10 + 0.38 * chance[2], low + reach * chance[12 - i]) for i in range(9)
    ]
    return np.array(grid, dtype=np.uint8).reshape(3, 3, 3)


def _mirrored(points: Points) -> Points:
    return np.concatenate([points, points[::-1] * MIRROR])


def body(pose: Pose, chance: Nuisance) -> tuple[list[Mark], list[Mark]]:
    """One of four garments: the shoulders, which lie behind the neck, and what lies in front of it."""
    draws = chance.draws[13:]
    cloth = hsl(360.0 * draws[0], 0.06 + 0.36 * draws[1], 0.30 + 0.58 * draws[2])
    trim = hsl(190.0 + 200.0 * draws[3], 0.40 + 0.3 * draws[4], 0.36 + 0.3 * draws[5])
    line = tint(cloth, (0.45, 0.40, 0.46))
    shade = tint(cloth, (0.80, 0.78, 0.86))
    outline = closed_spline(_mirrored(BODY), 5) + CENTRE
    shoulders: list[Mark] = [
        Fill("clothes", outline + vector(0.0, -2 * pose.line), line),
        Fill("clothes", outline, cloth, shade),
    ]
    kinds = (_sailor, _collar, _hood, _round_neck)
    return shoulders, kinds[min(int(4 * draws[6]), 3)](pose, cloth, trim, line)


def _piece(pose: Pose, points: list[tuple[float, float]], fill: Colour, line: Colour) -> list[Mark]:
    shape = np.array(points) + CENTRE
    loop = closed(shape)
    return [Fill("clothes", shape, fill), Fill("clothes", tapered(loop, pose.line, 1.0, 1.0), line)]


def _sailor(pose: Pose, cloth: Colour, trim: Colour, line: Colour) -> list[Mark]:
    marks = _piece(pose, [(-0.09, 0.91), (0.09, 0.91), (0.0, 1.03)], tint(cloth, (0.9, 0.9, 0.95)), line)
    for side in (-1.0, 1.0):
        flap = [(side * 0.095, 0.895), (side * 0.27, 0.955), (side * 0.22, 1.05), (side * 0.015, 1.03)]
        marks += _piece(pose, flap, mix(WHITE, trim, 0.85), line)
        stripe = open_spline([(side * 0.235, 0.965), (side * 0.20, 1.02), (side * 0.1, 1.03)], 4) + CENTRE
        marks.append(Fill("clothes", tapered(stripe, 0.005, 1, 1), WHITE))
    return marks


def _collar(pose: Pose, cloth: Colour, trim: Colour, line: Colour) -> list[Mark]:
    marks = _piece(pose, [(-0.10, 0.90), (0.10, 0.90), (0.06, 1.02), (-0.06, 1.02)], mix(WHITE, cloth, 0.12), line)
    marks += _piece(pose, [(-0.025, 0.955), (0.025, 0.955), (0.035, 1.04), (-0.035, 1.04)], trim, line)
    for side in (-1.0, 1.0):
        marks += _piece(
            pose, [(side * 0.10, 0.885), (side * 0.125, 0.95), (side * 0.06, 1.0), (side * 0.005, 0.955)], WHITE, line
        )
    return marks


def _hood(pose: Pose, cloth: Colour, trim: Colour, line: Colour) -> list[Mark]:
    marks: list[Mark] = []
    for side in (-1.0, 1.0):
        marks += _piece(
            pose,
            [(side * 0.09, 0.875), (side * 0.20, 0.90), (side * 0.22, 0.96), (side * 0.02, 1.05), (side * 0.02, 0.985)],
            tint(cloth, (1.08, 1.08, 1.06)),
            line,
        )
        cord = open_spline([(side * 0.05, 0.985), (side * 0.056, 1.02), (side * 0.052, 1.08)], 3) + CENTRE
        marks.append(Fill("clothes", tapered(cord, 0.006, 1, 1), mix(WHITE, trim, 0.2)))
    return marks


def _round_neck(pose: Pose, cloth: Colour, trim: Colour, line: Colour) -> list[Mark]:
    arc = open_spline([(-0.125, 0.91), (-0.08, 0.955), (0.0, 0.97), (0.08, 0.955), (0.125, 0.91)], 5) + CENTRE
    return [
        Fill("clothes", tapered(arc, 0.014 + pose.line, 1, 1), line),
        Fill("clothes", tapered(arc, 0.014, 1, 1), trim),
    ]
