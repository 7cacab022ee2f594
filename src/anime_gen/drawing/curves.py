"""Curves in the unit square (x right, y down): splines, ellipses, tapered strokes.

Points are float arrays [..., n, 2].
"""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
MIRROR = np.array([-1.0, 1.0])  # picture left for picture right, in design coordinates


def vector(x: float, y: float) -> Points:
    """A point, or a step to add to points."""
    return np.array([x, y])


def closed(points: Points) -> Points:
    """An outline [n + 1, 2] that ends where it starts, for lines all the way round."""
    return np.concatenate([points, points[:1]])


@lru_cache(maxsize=64)
def _bernstein(samples: int) -> Points:
    """Cubic Bezier basis [samples, 4] at evenly spaced t in [0, 1]."""
    t = np.linspace(0.0, 1.0, samples)
    return np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)


@lru_cache(maxsize=64)
def _catmull(samples: int) -> Points:
    """Catmull-Rom basis [samples, 4] at t in [0, 1), for the span between the second and third of four points."""
    t = np.arange(samples) / samples
    return 0.5 * np.stack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2], axis=1)


def bezier(control: ArrayLike, samples: int) -> Points:
    """Points [..., samples, 2] of cubic Beziers with control points [..., 4, 2]."""
    return np.asarray(_bernstein(samples) @ np.asarray(control, dtype=np.float64))


@lru_cache(maxsize=32)
def _ring(count: int) -> NDArray[np.int64]:
    """Indices [count, 4] of the knot before, the knot, and the two after, round a closed curve."""
    return (np.arange(count)[:, None] + np.array([-1, 0, 1, 2])) % count


def closed_spline(knots: ArrayLike, samples: int = 6) -> Points:
    """A smooth closed curve through the knots [m, 2]: points [m * samples, 2]."""
    p = np.asarray(knots, dtype=np.float64)
    windows = p[_ring(len(p))]
    return np.asarray((_catmull(samples) @ windows).reshape(-1, 2))


def open_spline(knots: ArrayLike, samples: int = 6) -> Points:
    """A smooth curve through the knots [m, 2], ends included: points [(m - 1) * samples + 1, 2]."""
    p = np.asarray(knots, dtype=np.float64)
    padded = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    windows = np.stack([padded[:-3], padded[1:-2], padded[2:-1], padded[3:]], axis=1)
    return np.concatenate([(_catmull(samples) @ windows).reshape(-1, 2), p[-1:]])


@lru_cache(maxsize=16)
def _circle(samples: int) -> Points:
    angle = np.linspace(0.0, 2 * np.pi, samples, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def ellipse(centre: ArrayLike, radius_x: float, radius_y: float, samples: int = 28) -> Points:
    """Points [samples, 2] of an ellipse with axes along x and y."""
    return _circle(samples) * (radius_x, radius_y) + np.asarray(centre)


def superellipse(centre: ArrayLike, radius_x: float, radius_y: float, power: float, samples: int = 40) -> Points:
    """|x/a|^power + |y/b|^power = 1: an ellipse at power 2, a rounded rectangle above."""
    unit = _circle(samples)
    shaped = np.sign(unit) * np.abs(unit) ** (2.0 / power)
    return shaped * (radius_x, radius_y) + np.asarray(centre)


def normals(points: Points) -> Points:
    """Unit normals of polylines [..., n, 2] (to the left of the direction of travel in a y-down frame)."""
    left = np.empty_like(points)
    left[..., 1:-1, :] = points[..., 2:, ::-1] - points[..., :-2, ::-1]
    left[..., 0, :] = points[..., 1, ::-1] - points[..., 0, ::-1]
    left[..., -1, :] = points[..., -1, ::-1] - points[..., -2, ::-1]
    left[..., 1] *= -1.0
    length = np.sqrt(left[..., 0] ** 2 + left[..., 1] ** 2) + 1e-12
    return left / length[..., None]


def stroke(points: Points, half_width: ArrayLike) -> Points:
    """The outline [2n, 2] of a line of varying half-width (scalar or [n])."""
    offset = normals(points) * np.broadcast_to(np.asarray(half_width, dtype=np.float64), points.shape[:1])[:, None]
    return np.concatenate([points + offset, (points - offset)[::-1]])


@lru_cache(maxsize=32)
def _taper(samples: int, start: float, end: float) -> NDArray[np.float64]:
    t = np.linspace(0.0, 1.0, samples)
    return np.minimum(1.0, start + (1 - start) * t / 0.45) * np.minimum(1.0, end + (1 - end) * (1 - t) / 0.45)


def tapered(points: Points, half_width: float, start: float = 0.1, end: float = 0.1) -> Points:
    """A pen line: full width in the middle, `start` and `end` of it at the ends."""
    return stroke(points, half_width * _taper(len(points), start, end))


def rotated(points: Points, degrees: float, centre: ArrayLike) -> Points:
    """Points turned clockwise on the screen about a centre."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = np.asarray(centre, dtype=np.float64)
    return np.asarray((points - middle) @ turn + middle)
