"""Glasses, beret, bow and cat ears."""

import numpy as np

from anime_gen.drawing.character import Character
from anime_gen.drawing.colours import WHITE, Palette, hsl, mix, tint
from anime_gen.drawing.curves import closed, closed_spline, open_spline, stroke, superellipse, tapered, vector
from anime_gen.drawing.head import Head
from anime_gen.drawing.nuisance import Nuisance
from anime_gen.drawing.pose import Pose
from anime_gen.drawing.raster import Clipped, Colour, Fill, Mark

LENS_X, LENS_Y = 0.136, 0.612  # of the middle of a lens
RIMS = {"round": (2.0, 0.108, 0.104), "square": (4.5, 0.114, 0.084), "half": (2.8, 0.112, 0.092)}  # power, half-sizes
GLINT = np.array([(-0.07, -0.07), (-0.03, -0.09), (-0.075, 0.03), (-0.095, 0.02)])


def _frame_colour(chance: Nuisance) -> Colour:
    share = float(chance.draws[24])
    return (52, 40, 48) if share < 0.5 else hsl(360.0 * share * 2, 0.55, 0.30)


def glasses(character: Character, pose: Pose, chance: Nuisance) -> list[Mark]:
    """Rims in front of the eyes with a faint glint; `half` rims run below the eye only."""
    if character.number("glasses") == 0.0:
        return []
    rim = str(character.attributes["glasses_rim"])
    colour = _frame_colour(chance)
    size = 0.86 + 0.34 * character.number("glasses_size")
    width = 0.0092 * (0.6 + 0.4 * character.style.line_weight)
    power, across, high = RIMS[rim]
    marks: list[Mark] = []
    for side in (-1.0, 1.0):
        x, y = side * LENS_X, LENS_Y
        lens = superellipse((0.0, 0.0), across * size, high * size, power) * (side, 1.0) + vector(x, y)
        placed = pose.face(lens, 0.035)
        glint = pose.face(GLINT * size + vector(x, y), 0.035)
        glass = [Fill("glasses", placed, WHITE, opacity=0.10), Fill("glasses", glint, WHITE, opacity=0.30)]
        loop = closed(placed)
        shown = loop[: len(loop) // 2 + 1] if rim == "half" else loop
        temple = pose.face([(x + side * across * size, y - 0.02), (side * pose.half_width * 1.02, y - 0.03)])
        marks += [
            Clipped(placed, glass),
            Fill("glasses", stroke(shown, width), colour),
            Fill("glasses", stroke(temple, width * 0.9), colour),
        ]
    inner = LENS_X - 0.108 * size
    bridge = open_spline([(-inner, 0.605), (0.0, 0.592), (inner, 0.605)], 4)
    marks.append(Fill("glasses", stroke(pose.face(bridge, 0.035), width), colour))
    return marks


def hat(character: Character, h: Head) -> list[Mark]:
    """A beret."""
    if character.number("hat") == 0.0:
        return []
    draws = h.chance.draws[25:28]
    colour = hsl(190.0 + 220.0 * draws[0], 0.20 + 0.4 * draws[1], 0.34 + 0.42 * draws[2])
    line = tint(colour, (0.45, 0.4, 0.45))
    x, top = h.radius_x, h.top
    across = np.array([-1.12, -1.10, -0.55, 0.25, 1.02, 1.16, 0.95, 0.0]) * x
    crown = np.stack([across, [0.235, 0.12, top - 0.075, top - 0.085, 0.05, 0.19, 0.262, 0.215]], axis=1)
    shape = h.pose.put(closed_spline(crown, 6), 0.05)
    lit = shape + vector(0.03 * h.pose.light, -0.028)
    brim = open_spline([(-1.0 * x, 0.262), (-0.5 * x, 0.222), (0.0, 0.212), (0.5 * x, 0.222), (1.0 * x, 0.262)], 6)
    band = stroke(h.pose.put(brim, 0.10), 0.021)
    return [
        Fill("hat", shape, tint(colour, (0.78, 0.74, 0.84))),
        Clipped(shape, [Fill("hat", lit, colour)]),
        Fill("hat", tapered(closed(shape), 1.2 * h.pose.line, 1, 1), line),
        Fill("hat", stroke(h.pose.put(brim, 0.10), 0.021 + h.pose.line), line),
        Fill("hat", band, tint(colour, (0.70, 0.66, 0.74))),
    ]


def ribbon(character: Character, h: Head) -> list[Mark]:
    """A bow at the side of the head."""
    if character.number("ribbon") == 0.0:
        return []
    draws = h.chance.draws[28:30]
    colour = hsl(190.0 + 210.0 * draws[0], 0.70, 0.48 + 0.2 * draws[1])
    line = tint(colour, (0.45, 0.35, 0.40))
    shade = tint(colour, (0.78, 0.70, 0.80))
    centre = np.array([0.66 * h.radius_x, h.top + 0.10])
    loop = np.array([(0.0, 0.0), (0.055, -0.062), (0.115, -0.07), (0.128, 0.0), (0.11, 0.062), (0.05, 0.045)])
    tail = np.array([(0.0, 0.01), (0.035, 0.04), (0.062, 0.12), (0.036, 0.105), (0.018, 0.13)])
    marks: list[Mark] = []
    for side in (-1.0, 1.0):
        for piece, fill in ((tail, shade), (closed_spline(loop, 5), colour)):
            leaning = piece * (side, 1.0) @ np.array([(0.9, 0.42), (-0.42, 0.9)])
            shape = h.pose.put(leaning + centre, 0.16)
            marks += [
                Fill("ribbon", shape, fill),
                Fill("ribbon", tapered(closed(shape), h.pose.line, 1, 1), line),
            ]
    knot = h.pose.put(superellipse(centre, 0.027, 0.030, 2.6, 20), 0.18)
    return [
        *marks,
        Fill("ribbon", knot, shade),
        Fill("ribbon", tapered(closed(knot), h.pose.line, 1, 1), line),
    ]


def animal_ears(character: Character, h: Head, tones: Palette) -> list[Mark]:
    """Cat ears in the colour of the hair."""
    if character.number("animal_ears") == 0.0:
        return []
    marks: list[Mark] = []
    for side in (-1.0, 1.0):
        base = np.array([(0.30 * h.radius_x, h.top + 0.07), (0.98 * h.radius_x, h.top + 0.19)])
        tip = np.array([(0.93 * h.radius_x, h.top - 0.12)])
        outer = np.concatenate(
            [base[:1], (base[:1] + tip) / 2 + (-0.025, -0.01), tip, (base[1:] + tip) / 2 + (0.03, -0.01), base[1:]]
        )
        middle = outer.mean(axis=0)
        inner = (outer - middle) * 0.62 + middle + (0.0, 0.012)
        place = h.pose.put(open_spline(outer * (side, 1.0), 5), 0.06)
        inside = h.pose.put(open_spline(inner * (side, 1.0), 5), 0.06)
        marks += [
            Fill("animal_ears", place, tones.hair),
            Fill("animal_ears", inside, mix((250, 190, 190), tones.hair_shade, 0.25)),
            Fill("animal_ears", tapered(place, 1.2 * h.pose.line, 0.6, 0.6), tones.hair_line),
        ]
    return marks
