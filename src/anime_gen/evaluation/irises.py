"""Do the two eyes of a face have the same colour? A picture generator may paint each iris for itself.

Where the irises are follows from what the measurer reads (spacing, size, shape and tilt of the eyes, pose of the head),
put through the drawing program's own geometry. Their colours are compared in CIELAB on points that lie alike in both
irises: the lower half between pupil and rim, free of the lid's shadow; medians pass over the catch-lights.
"""

from collections.abc import Mapping

import numpy as np
from scipy.ndimage import map_coordinates

from anime_gen.drawing import ATTRIBUTES, Character
from anime_gen.drawing.attributes import STORED
from anime_gen.drawing.eyes import eye_frame
from anime_gen.drawing.pose import pose
from anime_gen.evaluation.marginals import Values

LEAST_OPEN = 0.35
"""Eyes less open than this show too little of an iris to compare."""
UNALIKE = 0.99
"""Irises are unalike when they differ by more than those of this share of real faces."""
SHADE = 0.42
"""Height of the upper lid's shadow, in half-heights of the eye."""
RADII, ANGLES = (0.66, 0.75, 0.84), np.radians(np.arange(10.0, 171.0, 10.0))
POINTS = np.array([(r * np.cos(a), r * np.sin(a)) for r in RADII for a in ANGLES])
"""Of the unit disc, y down: the lower half between the largest pupil and the rim."""


def iris_differences(pictures: np.ndarray, values: Values) -> np.ndarray:
    """CIELAB distance of the two irises' colours, [n], for pictures uint8 [n, r, r, 3] and what was read in them.

    NaN where the eyes are closed. About 2 is just noticeable, 10 plain to see.
    """
    lab = srgb_to_lab(pictures)
    result = np.full(len(pictures), np.nan)
    for row in np.flatnonzero(values["eye_openness"] >= LEAST_OPEN):
        places = iris_points({name: values[name][row] for name in STORED})
        colours = [np.median(_sampled(lab[row], side), axis=0) for side in places]
        result[row] = float(np.linalg.norm(colours[0] - colours[1]))
    return result


def iris_points(reading: Mapping[str, float | str]) -> tuple[np.ndarray, np.ndarray]:
    """Places [m, 2] (x, y, as shares of the picture's side) in the left and the right iris of a face read so."""
    character = Character({name: _possible(name, value) for name, value in reading.items()})
    head = pose(character)
    sides = []
    for side in (-1.0, 1.0):
        frame = eye_frame(character, head, side)
        # As the drawing program places an iris in its eye (`drawing.eyes`).
        roundness = frame.half_height / frame.half_width
        radii = np.array([0.75 * min(1.0, roundness + 0.06), 1.04])
        gaze = np.array([-side * 0.03 + side * 0.25 * head.sine, -0.03])
        mirrored = POINTS * (side, 1.0)  # the same place as seen in the picture
        openness = character.number("eye_openness")
        upper, lower = 0.76 - 1.72 * openness + SHADE, 0.76 + 0.22 * min(1.0, 2.0 * openness)
        points = gaze + mirrored * radii
        points[:, 1] = np.clip(points[:, 1], min(upper, lower - 0.15), lower - 0.1)
        sides.append(frame.put(points))
    return sides[0], sides[1]


def _possible(name: str, value: float | str) -> float | str:
    """A reading moved into its attribute's range."""
    spec = ATTRIBUTES[name]
    if isinstance(value, str):
        return value
    if spec.kind == "binary":
        return float(value > 0.5)
    return float(value) % 360.0 if spec.kind == "cyclic" else float(np.clip(value, spec.low, spec.high))


def _sampled(picture: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values [m, 3] of a picture [r, r, 3] at places [m, 2], bilinear."""
    pixels = places[:, ::-1].T * len(picture) - 0.5
    return np.stack([map_coordinates(picture[..., c], pixels, order=1, mode="nearest") for c in range(3)], axis=1)


def eyes_match(reference: np.ndarray, differences: np.ndarray) -> float | None:
    """Share of faces whose irises differ no more than those of 99 % of the `reference` faces; NaNs do not count.

    None where either side has fewer than 20 faces with open eyes.
    """
    known, judged = reference[~np.isnan(reference)], differences[~np.isnan(differences)]
    if min(len(known), len(judged)) < 20:
        return None
    return float((judged <= np.quantile(known, UNALIKE)).mean())


def srgb_to_lab(pictures: np.ndarray) -> np.ndarray:
    """uint8 sRGB [..., 3] -> CIELAB [..., 3] under D65, float32 (IEC 61966-2-1; CIE 15)."""
    value = np.arange(256, dtype=np.float64) / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32)
    xyz = linear[pictures] @ (to_xyz / to_xyz.sum(axis=1, keepdims=True)).T
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)
