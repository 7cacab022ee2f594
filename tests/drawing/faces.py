"""What a test can measure on a drawn face, from its pixels and region masks."""

import colorsys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anime_gen.drawing import Character, masks, render

SIZE = 96
HAIR = ("hair_back", "hair", "hair_front")


@dataclass(frozen=True)
class Face:
    """A picture with its masks."""

    picture: NDArray[np.float64]  # [SIZE, SIZE, 3]
    parts: dict[str, NDArray[np.bool_]]

    def part(self, *names: str) -> NDArray[np.bool_]:
        return np.logical_or.reduce([self.parts[name] for name in names])

    def core(self, *names: str) -> NDArray[np.bool_]:
        """The part without pixels that show anything else as well."""
        others = [mask for name, mask in self.parts.items() if name not in (*names, "cheeks")]
        return self.part(*names) & ~np.logical_or.reduce(others)


def face_of(character: Character) -> Face:
    return Face(render(character, SIZE).astype(np.float64), masks(character, SIZE))


def centre(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """x, y of the middle of a mask, in pixels."""
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean(), rows.mean()])


def halves(mask: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The mask left and right of the middle of the picture, both [SIZE, SIZE]."""
    left = mask.copy()
    left[:, SIZE // 2 :] = False
    return left, mask & ~left


def slope(mask: NDArray[np.bool_]) -> float:
    """Least-squares dy/dx of the pixels of a mask."""
    rows, columns = np.nonzero(mask)
    return float(np.polyfit(columns, rows, 1)[0])


def perimeter(mask: NDArray[np.bool_]) -> int:
    return int((mask[1:] != mask[:-1]).sum() + (mask[:, 1:] != mask[:, :-1]).sum())


def extent(mask: NDArray[np.bool_], axis: int) -> int:
    """Height (axis 0) or width (axis 1) of a mask's bounding box."""
    used = np.nonzero(mask.any(axis=1 - axis))[0]
    return int(used[-1] - used[0] + 1)


def mean_colour(face: Face, *names: str) -> NDArray[np.float64]:
    return face.picture[face.part(*names)].mean(axis=0)


def hue_of(colour: NDArray[np.float64]) -> float:
    return 360.0 * colorsys.rgb_to_hsv(*(float(channel) / 255.0 for channel in colour))[0]


def saturation_of(colour: NDArray[np.float64]) -> float:
    return colorsys.rgb_to_hls(*(float(channel) / 255.0 for channel in colour))[2]


def _brow_slope(face: Face) -> float:
    left, right = halves(face.part("brows"))
    return slope(left) - slope(right)  # inner ends down: left falls to the right, right rises


def _eye_slope(face: Face) -> float:
    left, right = halves(face.part("eyes"))
    return slope(left) - slope(right)  # outer corners up


def _eye_line(face: Face) -> float:
    left, right = halves(face.part("eyes"))
    (x0, y0), (x1, y1) = centre(left), centre(right)
    return float((y1 - y0) / (x1 - x0))


def _smile(face: Face) -> float:
    rows, columns = np.nonzero(face.part("mouth"))
    return float(np.polyfit(columns - columns.mean(), rows, 2)[0]) * -1.0


def _eye_distance(face: Face) -> float:
    left, right = halves(face.part("eyes"))
    return float(centre(right)[0] - centre(left)[0])


def _eye_shape(face: Face) -> float:
    left, _ = halves(face.part("eyes"))
    return extent(left, 0) / extent(left, 1)


def _dark_iris(face: Face) -> float:
    inside = face.picture[face.core("eyes")].mean(axis=1)
    return float((inside < 60).sum())


def _lit_right(face: Face) -> float:
    left, right = halves(face.core("skin", *HAIR))
    return float(face.picture[right].mean() - face.picture[left].mean())


def _forehead(face: Face) -> float:
    forehead = face.part("skin")
    forehead[SIZE // 2 :] = False
    return float(centre(forehead)[0])


def _waviness(face: Face) -> float:
    """How much the outer edges of the hair go to and fro on their way down."""
    hair = face.part(*HAIR)[SIZE // 2 : int(0.9 * SIZE)]
    edges = np.stack([hair.argmax(axis=1), hair[:, ::-1].argmax(axis=1)]).astype(float)
    return float(np.abs(np.diff(edges, axis=1)).sum() - np.abs(edges[:, -1] - edges[:, 0]).sum())


# One number that must rise when the attribute goes from low to high.
RISES: dict[str, Callable[[Face], float]] = {
    "hair_length": lambda face: face.part(*HAIR)[int(0.85 * SIZE) :].sum(),
    "hair_volume": lambda face: extent(face.part(*HAIR), 1),
    "bangs": lambda face: centre(face.part("hair_front"))[1],
    "hair_parting": _forehead,
    "hair_curl": _waviness,
    "hair_spikiness": lambda face: perimeter(face.part(*HAIR)),
    "hair_saturation": lambda face: saturation_of(mean_colour(face, *HAIR)),
    "hair_lightness": lambda face: mean_colour(face, *HAIR).mean(),
    "eye_size": lambda face: face.part("eyes").sum(),
    "eye_ratio": _eye_shape,
    "eye_tilt": _eye_slope,
    "eye_spacing": _eye_distance,
    "eye_openness": lambda face: face.part("eyes").sum(),
    "eye_lightness": lambda face: mean_colour(face, "eyes").mean(),
    "pupil_size": _dark_iris,
    "brow_angle": _brow_slope,
    "brow_height": lambda face: -centre(face.part("brows"))[1],
    "smile": _smile,
    "mouth_open": lambda face: face.part("mouth").sum(),
    "face_width": lambda face: extent(face.part("skin"), 1),
    "chin_length": lambda face: np.nonzero(face.part("skin").any(axis=1))[0].max(),
    "skin_tone": lambda face: -face.picture[face.core("skin")].mean(),
    "blush": lambda face: mean_colour(face, "cheeks")[0] - mean_colour(face, "cheeks")[1],
    "head_turn": lambda face: centre(face.part("nose"))[0],
    "head_tilt": _eye_line,
    "light_side": _lit_right,
    "glasses_size": lambda face: extent(face.part("glasses"), 0),
}
