"""Locks of hair: bent, tapered ribbons with a line, two tones and a piece of the highlight band."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anime_gen.drawing.character import Character
from anime_gen.drawing.colours import Palette
from anime_gen.drawing.curves import Points, bezier, normals
from anime_gen.drawing.pose import Pose
from anime_gen.drawing.raster import Colour, Fill, Mark

SAMPLES = 15
Share = float | NDArray[np.float64]
Ribbon = tuple[Points, Points, NDArray[np.float64]]  # centre lines and normals [L, n, 2], half-widths [L, n]
_T = np.linspace(0.0, 1.0, SAMPLES)


@dataclass(frozen=True)
class Tone:
    """Colours of a group of locks; `light` None leaves the highlight out."""

    base: Colour
    shade: Colour
    line: Colour
    light: Colour | None


@dataclass(frozen=True)
class Brush:
    """What all locks of one head share."""

    spikiness: float
    curl: float
    light: float
    line: float  # half-width of the outline
    tones: Palette

    def tone(self, place: str) -> Tone:
        """Colours for `front` locks, locks at the `side`, and locks at the `back`."""
        p = self.tones
        if place == "back":
            return Tone(p.hair_shade, p.hair_deep, p.hair_line, None)
        return Tone(p.hair, p.hair_shade, p.hair_line, p.hair_light if place == "front" else None)


def brush(character: Character, pose: Pose, tones: Palette) -> Brush:
    """The brush for a character's hair."""
    return Brush(character.number("hair_spikiness"), character.number("hair_curl"), pose.light, 0.85 * pose.line, tones)


def ribbons(
    pose: Pose,
    style: Brush,
    spines: ArrayLike,
    depth: ArrayLike,
    width: ArrayLike,
    phase: ArrayLike,
    blunt: bool = False,
) -> Ribbon:
    """Centre lines and normals [L, n, 2] and half-widths [L, n] of locks.

    `spines` are control points [L, 4, 2] at depths [L, 4] or [L, 1]; `phase` [L] shifts the waves of curly hair.
    """
    placed = pose.put(spines, depth)
    centre = bezier(placed, SAMPLES)
    across = normals(centre)
    waves = np.asarray(phase)[:, None] * 0.12 + 1.75 * _T
    swing = (
        0.042
        * style.curl
        * np.sin(2 * np.pi * waves)
        * np.clip(1.6 * _T - 0.25, 0, 1)
        * np.clip(3.0 * (placed[:, 3, 1] - placed[:, 0, 1])[:, None], 0.2, 1.0)
    )
    centre = centre + across * swing[:, :, None]
    peak = 0.55 - 0.18 * style.spikiness
    rise = np.sin(0.5 * np.pi * np.minimum(_T / peak, 1.0))
    fall = np.clip((1.0 - _T) / (1.0 - peak), 0.0, 1.0)
    power = (0.12 if blunt else 0.45) + 0.55 * style.spikiness
    profile = (0.35 + 0.65 * rise) * np.where(peak < _T, fall**power, 1.0)
    return centre, normals(centre), np.asarray(width)[:, None] * profile


def _between(ribbon: Ribbon, left: Share, right: Share) -> Points:
    """The strips [L, 2n, 2] of all locks between two shares (-1 left edge .. 1 right edge) of their width."""
    centre, across, half = ribbon
    strips = np.empty((len(centre), 2 * SAMPLES, 2))
    strips[:, :SAMPLES] = centre + across * (half * left)[:, :, None]
    strips[:, SAMPLES:] = (centre + across * (half * right)[:, :, None])[:, ::-1]
    return strips


def _shades(ribbon: Ribbon, light: float) -> list[list[Points | None]]:
    """Per lock the darker strips along its left and right edge; None where the light leaves none."""
    across = ribbon[1]
    facing = np.where(across[:, 6, 0] < 0.0, -1.0, 1.0)
    sides: list[list[Points | None]] = []
    for side in (-1.0, 1.0):  # the edge away from the light has the wider strip
        share = 0.30 - 0.44 * facing * side * light
        inner = 1.0 - share[:, None] * np.clip(_T / 0.5, 0.25, 1.0) * 1.4
        strips = _between(ribbon, side * inner, side)
        sides.append([strip if width > 0.03 else None for strip, width in zip(strips, share, strict=True)])
    return [list(pair) for pair in zip(*sides, strict=True)]


def paint_locks(
    part: str,
    ribbon: Ribbon,
    tone: Tone,
    style: Brush,
    band: tuple[float, float] | None = None,
) -> list[Mark]:
    """Marks of locks in order; `band` is the span of t that the highlight covers."""
    marks: list[Mark] = []
    ramp = style.line * np.clip((_T - 0.10) / 0.35, 0.0, 1.0)
    centres, normal, halves = ribbon
    outlines = _between((centres, normal, halves + ramp), -1.0, 1.0)
    outlines[:, SAMPLES - 1] += (centres[:, -1] - centres[:, -2]) * 0.25  # the line runs out beyond the tip
    bodies, shades = _between(ribbon, -1.0, 1.0), _shades(ribbon, style.light)
    for index, outline in enumerate(outlines):
        marks += [Fill(part, outline, tone.line), Fill(part, bodies[index], tone.base)]
        marks += [Fill(part, strip, tone.shade) for strip in shades[index] if strip is not None]
        if tone.light is not None and band is not None:
            marks.append(_highlight(part, centres[index], normal[index], halves[index], band, tone.light))
    return marks


def _highlight(
    part: str, centre: Points, across: Points, half: NDArray[np.float64], band: tuple[float, float], colour: Colour
) -> Mark:
    """A spindle across the band: pointed above and below, so that neighbours form the zigzag of an angel ring."""
    t = np.linspace(band[0], band[1], 7)
    middle = np.stack([np.interp(t, _T, centre[:, axis]) for axis in (0, 1)], axis=1)
    normal = np.stack([np.interp(t, _T, across[:, axis]) for axis in (0, 1)], axis=1)
    spread = np.interp(t, _T, half) * np.array([0.0, 0.66, 0.86, 0.80, 0.58, 0.30, 0.0])
    offset = normal * spread[:, None]
    return Fill(part, np.concatenate([middle + offset, (middle - offset)[::-1]]), colour)
