"""Where the parts of a head end up: turn by parallax (2.5-D), tilt by rotation, and the measures that all parts share.

Design coordinates: x from -0.5 to 0.5 with 0 in the middle of the face, y from 0 (top) to 1 as in the picture, depth z
towards the viewer, all in units of the picture's side.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from anime_gen.drawing.character import Character
from anime_gen.drawing.curves import Points, rotated, vector

TURN_DEGREES = 21.0
TILT_DEGREES = 11.0
NECK = vector(0.0, 0.86)  # the head tilts about this point
PIVOT_DEPTH = 0.13  # the depth that stays in place when the head turns
SCALE_CENTRE = vector(0.0, 0.62)
FRAME_CENTRE = vector(0.5, 0.0)


@dataclass(frozen=True)
class Pose:
    """A head's turn, tilt, size and the measures of its face."""

    sine: float
    cosine: float
    tilt: float
    scale: float
    half_width: float  # of the face at the cheekbones
    chin: float  # y of the tip of the chin
    light: float  # -1..1
    line: float  # half-width of a normal line
    fine: float  # half-width of a line in the face, which heavy styles thicken less

    def put(self, points: ArrayLike, depth: ArrayLike) -> Points:
        """Picture coordinates of design points [..., 2] at a depth (scalar or [...])."""
        p = np.asarray(points, dtype=np.float64)
        turned = p.copy()
        turned[..., 0] = p[..., 0] * self.cosine + (np.asarray(depth) - PIVOT_DEPTH) * self.sine
        sized = (turned - SCALE_CENTRE) * self.scale + SCALE_CENTRE
        return rotated(sized, self.tilt, NECK) + FRAME_CENTRE

    def face(self, points: ArrayLike, lift: float = 0.0) -> Points:
        """Picture coordinates of points that lie on the face, a bulging surface; `lift` raises them off it."""
        p = np.asarray(points, dtype=np.float64)
        depth = 0.25 * np.sqrt(np.clip(1.0 - (p[..., 0] / 0.37) ** 2, 0.04, 1.0))
        return self.put(p, depth + lift)


def pose(character: Character) -> Pose:
    """The pose and measures of a character."""
    turn = np.radians(TURN_DEGREES * character.number("head_turn"))
    return Pose(
        sine=float(np.sin(turn)),
        cosine=float(np.cos(turn)),
        tilt=TILT_DEGREES * character.number("head_tilt"),
        scale=1.05 * character.style.head_scale,
        half_width=0.248 + 0.052 * character.number("face_width"),
        chin=0.805 + 0.080 * character.number("chin_length"),
        light=character.number("light_side"),
        line=0.0036 * character.style.line_weight,
        fine=0.0036 * (0.55 + 0.45 * character.style.line_weight),
    )
