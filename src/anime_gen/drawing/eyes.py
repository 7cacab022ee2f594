"""Eyes and brows: white, gradient iris, pupil, catch-lights, thick upper lid."""

from dataclasses import dataclass

import numpy as np

from anime_gen.drawing.character import Character
from anime_gen.drawing.classes import EYES_CLOSED_BELOW
from anime_gen.drawing.colours import WHITE, Palette, mix
from anime_gen.drawing.curves import Points, ellipse, open_spline, rotated, stroke, tapered, vector
from anime_gen.drawing.pose import Pose
from anime_gen.drawing.raster import Clipped, Fill, Mark

# Lids in the eye's own frame: x from the inner corner (-1) to the outer (1), y down, both in half-sizes.
OPEN_UPPER = np.array([(-1.0, 0.22), (-0.80, -0.45), (-0.30, -0.95), (0.30, -0.98), (0.78, -0.60), (1.02, 0.02)])
OPEN_LOWER = np.array([(-1.0, 0.22), (-0.78, 0.66), (-0.30, 0.96), (0.30, 0.99), (0.78, 0.68), (1.02, 0.02)])
CLOSED = np.array([(-1.0, 0.30), (-0.72, 0.58), (-0.26, 0.76), (0.28, 0.76), (0.76, 0.52), (1.04, 0.16)])


@dataclass(frozen=True)
class EyeFrame:
    """Places points of one eye's own frame on the face."""

    side: float  # -1 picture left, 1 picture right
    centre: tuple[float, float]
    half_width: float
    half_height: float
    tilt: float  # degrees, outer corner up when positive
    pose: Pose

    def put(self, points: Points, lift: float = 0.0) -> Points:
        """Picture coordinates of points [n, 2] in half-sizes."""
        leaning = rotated(points * (self.half_width, self.half_height), -self.tilt, (0.0, 0.0))
        return self.pose.face(leaning * (self.side, 1.0) + self.centre, lift)


def eye_frame(character: Character, pose: Pose, side: float) -> EyeFrame:
    """The frame of the eye on one side."""
    size = (0.76 + 0.40 * character.number("eye_size")) * character.style.eye_scale
    ratio = 0.80 + 0.50 * character.number("eye_ratio")  # height over width
    across = 0.089 * size * (1.0 / ratio) ** 0.5
    apart = 0.117 + 0.040 * character.number("eye_spacing")
    return EyeFrame(
        side,
        (side * apart, 0.600),
        across,
        across * ratio,
        13.0 * character.number("eye_tilt"),
        pose,
    )


def _lids(openness: float) -> tuple[Points, Points]:
    upper_share = min(1.0, openness)
    lower_share = min(1.0, 2.0 * openness)
    upper = CLOSED + (OPEN_UPPER - CLOSED) * upper_share
    lower = CLOSED + (OPEN_LOWER - CLOSED) * lower_share
    return open_spline(upper, 5), open_spline(lower, 5)


def _iris(character: Character, frame: EyeFrame, tones: Palette, upper: Points) -> list[Mark]:
    pose, side = frame.pose, frame.side
    roundness = frame.half_height / frame.half_width
    radius_x, radius_y = 0.75 * min(1.0, roundness + 0.06), 1.04
    gaze = np.array([-side * 0.03 + side * 0.25 * pose.sine, -0.03])

    def disc(x: float, y: float, scale_x: float, scale_y: float) -> Points:
        return frame.put(ellipse(gaze + vector(x * radius_x, y * radius_y), scale_x * radius_x, scale_y * radius_y))

    pupil = 0.18 + 0.46 * character.number("pupil_size")
    shade = frame.put(np.concatenate([upper, (upper + vector(0.0, 0.42))[::-1]]))
    light = 0.34 * pose.light * side
    big = disc(light, -0.42, 0.30, 0.27)
    small = disc(-light - 0.02 * side, 0.46, 0.17, 0.14)
    return [
        Fill("eyes", disc(0, 0, 1.0, 1.0), tones.iris_line),
        Fill("eyes", disc(0, 0, 0.90, 0.93), tones.iris_top, tones.iris_bottom),
        Fill("eyes", disc(0, 0.55, 0.62, 0.34), tones.iris_glow, opacity=0.85),
        Fill("eyes", disc(0, 0.02, pupil, pupil), tones.iris_line),
        Fill("eyes", shade, tones.lash, opacity=0.28),
        Fill("eyes", big, WHITE),
        Fill("eyes", small, WHITE, opacity=0.9),
    ]


def eye(character: Character, pose: Pose, tones: Palette, side: float) -> list[Mark]:
    """One open or closed eye under its lid."""
    frame = eye_frame(character, pose, side)
    openness = character.number("eye_openness")
    upper, lower = _lids(openness)
    marks: list[Mark] = []
    if openness >= EYES_CLOSED_BELOW:
        outline = frame.put(np.concatenate([upper, lower[::-1]]))
        white = mix(WHITE, tones.skin_shade, 0.10)
        marks += [
            Fill("eyes", outline, white),
            Clipped(outline, _iris(character, frame, tones, upper)),
        ]
    weight = character.style.line_weight
    under = frame.put(lower[10:24])
    marks.append(Fill("lashes", tapered(under, 0.0042 * weight, 0.0, 0.5), tones.lash))
    crease = frame.put(upper[6:22] * (1.02, 1.0) - (0.0, 0.24 * min(1.0, 0.3 + openness)))
    marks.append(Fill("lashes", tapered(crease, 0.0028 * weight, 0.0, 0.0), tones.skin_line))
    return marks


def lashes(character: Character, pose: Pose, tones: Palette, side: float) -> list[Mark]:
    """The thick upper lid with its wing."""
    frame = eye_frame(character, pose, side)
    upper, _ = _lids(character.number("eye_openness"))
    wing = np.array([(1.10, -0.12), (1.20, -0.30)]) + (upper[-1] - OPEN_UPPER[-1])
    line = np.concatenate([upper, wing])
    t = np.linspace(0.0, 1.0, len(line))
    width = (
        0.0125 * (0.30 + 0.70 * np.sin(np.pi * np.clip(0.08 + 0.80 * t, 0, 1)) ** 0.8) * np.minimum(1, (1 - t) / 0.16)
    )
    placed = frame.put(line, 0.005)
    marks: list[Mark] = [Fill("lashes", stroke(placed, width * (0.6 + 0.4 * character.style.line_weight)), tones.lash)]
    return marks


def brows(character: Character, pose: Pose, tones: Palette) -> list[Mark]:
    """Two tapered brows; they shine through the fringe, as is the custom, so that they always read."""
    angle = character.number("brow_angle")
    y = 0.487 - 0.062 * character.number("brow_height")
    marks: list[Mark] = []
    for side in (-1.0, 1.0):
        frame = eye_frame(character, pose, side)
        x = frame.centre[0] * side + 0.006
        inner, outer = y + 0.036 * angle, y - 0.034 * angle + 0.008
        knots = np.array([(x - 0.076, inner), (x - 0.02, (inner + outer) / 2 - 0.016), (x + 0.082, outer)]) * (
            side,
            1.0,
        )
        line = pose.face(open_spline(knots, 6), 0.01)
        width = 0.0112 * (0.6 + 0.4 * character.style.line_weight)
        marks.append(Fill("brows", tapered(line, 1.9 * width, 0.6, 0.15), tones.skin, opacity=0.60))
        marks.append(Fill("brows", tapered(line, width, 0.6, 0.05), mix(tones.hair_line, tones.lash, 0.3)))
    return marks
