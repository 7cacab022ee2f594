"""Skull, neck, human ears, skin shading, nose and blush."""

import numpy as np

from anime_gen.drawing.colours import Palette
from anime_gen.drawing.curves import MIRROR, Points, closed, closed_spline, ellipse, open_spline, tapered
from anime_gen.drawing.pose import Pose
from anime_gen.drawing.raster import Clipped, Fill, Glow, Mark


def face_outline(pose: Pose) -> Points:
    """The face from the hairline down to the chin, in picture coordinates."""
    w, chin = pose.half_width, pose.chin
    right = np.array(
        [
            *((0.15, 0.24), (0.93 * w, 0.36), (1.0 * w, 0.50), (0.975 * w, 0.60), (0.85 * w, chin - 0.150)),
            *((0.56 * w, chin - 0.066), (0.255 * w, chin - 0.020), (0.036, chin - 0.006)),
        ]
    )
    knots = np.concatenate([right, [(0.0, chin)], (right * MIRROR)[::-1], [(0.0, 0.2)]])
    return pose.face(closed_spline(knots, 5))


def neck(pose: Pose, tones: Palette) -> list[Mark]:
    """The neck, with the shadow of the chin."""
    column = closed_spline(
        [(-0.078, 0.7), (0.078, 0.7), (0.080, 0.89), (0.13, 0.965), (0.0, 1.1), (-0.13, 0.965), (-0.080, 0.89)]
    )
    column = column * (pose.scale, 1.0) + (0.5, 0.0)
    drop = np.array([-0.03 * pose.light, 0.042])
    return [
        Fill("neck", tapered(column, pose.line, 1.0, 1.0), tones.skin_line),
        Fill("neck", column, tones.skin),
        Clipped(column, [Fill("neck", face_outline(pose) + drop, tones.skin_shade)]),
    ]


def ears(pose: Pose, tones: Palette) -> list[Mark]:
    """Human ears, half behind the face."""
    marks: list[Mark] = []
    shape = np.array([(-0.02, 0.535), (0.022, 0.52), (0.043, 0.55), (0.034, 0.61), (0.006, 0.655), (-0.02, 0.66)])
    fold = np.array([(0.004, 0.552), (0.026, 0.556), (0.022, 0.59), (0.01, 0.61)])
    for side in (-1.0, 1.0):
        offset = np.array([side * pose.half_width * 0.97, 0.0])
        outline = pose.put(closed_spline(shape * (side, 1.0) + offset, 5), 0.03)
        inner = pose.put(open_spline(fold * (side, 1.0) + offset, 4), 0.03)
        marks += [
            Fill("skin", outline, tones.skin),
            Fill("skin", tapered(closed(outline), pose.line, 1.0, 1.0), tones.skin_line),
            Fill("skin", tapered(inner, pose.line), tones.skin_line),
        ]
    return marks


def skin(pose: Pose, tones: Palette, shadows: list[Mark]) -> list[Mark]:
    """The face with its side shade, `shadows` that hair throws on it, and a tapered jaw line."""
    outline = face_outline(pose)
    middle = outline.mean(axis=0)
    lit = (outline - middle) * (0.985, 1.0) + middle + (0.065 * pose.light, -0.012)
    jaw = np.roll(outline, -3 * 5, axis=0)[: 12 * 5]
    return [
        Fill("skin", outline, tones.skin_shade),
        Clipped(outline, [Fill("skin", lit, tones.skin), *shadows]),
        Fill("skin", tapered(jaw, 1.25 * pose.line, 0.5, 0.5), tones.skin_line),
    ]


def cheeks(pose: Pose, tones: Palette, blush: float) -> list[Mark]:
    """Blush under the eyes: a glow and three pen strokes that grow with it."""
    marks: list[Mark] = []
    for side in (-1.0, 1.0):
        centre = pose.face(np.array([(side * pose.half_width * 0.60, 0.718)]))[0]
        x, y = centre.tolist()
        marks.append(Glow("cheeks", (x - 0.095, y - 0.07, x + 0.095, y + 0.07), tones.blush, blush))
        for step in (-1.0, 0.0, 1.0):
            line = np.array([(0.009, -0.014), (-0.009, 0.014)]) * blush + (step * 0.022, 0.0) + centre
            marks.append(Fill("cheeks", tapered(line, pose.line * 0.9 * blush, 1, 1), tones.blush, opacity=0.7 * blush))
    return marks


def nose(pose: Pose, tones: Palette) -> list[Mark]:
    """A small nose: one pen stroke with a touch of shade away from the light."""
    y = 0.70 + 0.25 * (pose.chin - 0.845)
    lean = pose.sine * 0.03
    bridge = pose.face(
        open_spline([(0.004 + lean, y - 0.022), (0.009 + lean, y - 0.004), (-0.002 + lean, y + 0.004)], 5), 0.03
    )
    shade = pose.face(ellipse((0.004 + lean - 0.012 * pose.light, y + 0.008), 0.014, 0.006), 0.03)
    return [Fill("nose", shade, tones.skin_shade), Fill("nose", tapered(bridge, pose.fine), tones.skin_line)]
