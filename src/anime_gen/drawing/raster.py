"""Paints shapes with Pillow: oversampled, then averaged over boxes. Knows nothing about faces.

Coordinates are in the unit square; they are rounded to 1/16 of an oversampled pixel before painting, so that the last
bit of a trigonometric function, which differs between processors, does not reach the bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from anime_gen.drawing.curves import Points

Colour = tuple[int, int, int]
SUBPIXELS = 16.0


@dataclass(frozen=True, eq=False)
class Fill:
    """A filled outline [n, 2]; with `bottom` a vertical gradient from `colour` (top of the shape) to `bottom`."""

    part: str
    points: Points
    colour: Colour
    bottom: Colour | None = None
    opacity: float = 1.0


@dataclass(frozen=True, eq=False)
class Glow:
    """A soft ellipse that fades to nothing at its edge; box is (left, top, right, bottom)."""

    part: str
    box: tuple[float, float, float, float]
    colour: Colour
    opacity: float


@dataclass(frozen=True, eq=False)
class Clipped:
    """Marks that show only inside an outline."""

    clip: Points
    marks: Sequence["Mark"]


Mark = Fill | Glow | Clipped


def oversampling(size_px: int) -> int:
    """How many painted pixels a side go into one pixel: 4 for small pictures, 2 for large ones."""
    return 4 if size_px <= 96 else 3 if size_px <= 160 else 2


@lru_cache(maxsize=1)
def _fading_disc() -> Image.Image:
    """An L image, 255 in the middle, smoothly 0 at the inscribed circle."""
    axis = (np.arange(64) - 31.5) / 31.5
    distance = np.sqrt(axis[:, None] ** 2 + axis[None, :] ** 2)
    falloff = np.clip(1.0 - distance, 0.0, 1.0)
    return Image.fromarray(np.round(255 * falloff * falloff * (3 - 2 * falloff)).astype(np.uint8))


class Canvas:
    """A painted picture or a part of one; `origin` is the pixel of its top left corner in the whole picture."""

    def __init__(self, image: Image.Image, scale: int, origin: tuple[int, int] = (0, 0)) -> None:
        self.image = image
        self.scale = scale
        self.origin = origin
        self.draw = ImageDraw.Draw(image)

    def paint(self, marks: Sequence[Mark]) -> None:
        """Paint the marks in order, later ones over earlier ones."""
        for mark in marks:
            if isinstance(mark, Fill):
                self._fill(mark)
            elif isinstance(mark, Glow):
                self._glow(mark)
            else:
                self._clipped(mark)

    def _pixels(self, points: Points) -> NDArray[np.float64]:
        pixels: NDArray[np.float64] = np.round(points * (self.scale * SUBPIXELS)) / SUBPIXELS
        return pixels if self.origin == (0, 0) else pixels - self.origin

    def _box(self, pixels: NDArray[np.float64]) -> tuple[int, int, int, int] | None:
        """The pixels a shape can touch, cut at the canvas; None when it lies outside."""
        left, top = np.floor(pixels.min(axis=0)).astype(int).tolist()
        right, bottom = (np.ceil(pixels.max(axis=0)) + 1).astype(int).tolist()
        left, top = max(left, 0), max(top, 0)
        right, bottom = min(right, self.image.width), min(bottom, self.image.height)
        return (left, top, right, bottom) if left < right and top < bottom else None

    def _mask(self, pixels: NDArray[np.float64], box: tuple[int, int, int, int], value: int = 255) -> Image.Image:
        mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
        ImageDraw.Draw(mask).polygon((pixels - box[:2]).ravel().tolist(), fill=value)
        return mask

    def _fill(self, mark: Fill) -> None:
        pixels = self._pixels(mark.points)
        if mark.bottom is None and mark.opacity >= 1.0:
            self.draw.polygon(pixels.ravel().tolist(), fill=mark.colour)
            return
        box = self._box(pixels)
        if box is None:
            return
        mask = self._mask(pixels, box, round(255 * min(mark.opacity, 1.0)))
        if mark.bottom is None:
            self.image.paste(mark.colour, box, mask)
            return
        top, bottom = float(pixels[:, 1].min()), float(pixels[:, 1].max())
        rows = (np.arange(box[1], box[3]) + 0.5 - top) / max(bottom - top, 1.0)
        ramp = np.clip(rows, 0.0, 1.0)[:, None] * (np.array(mark.bottom) - mark.colour) + mark.colour
        strip = Image.fromarray(np.round(ramp).astype(np.uint8)[:, None, :])
        self.image.paste(strip.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.NEAREST), box, mask)

    def _glow(self, mark: Glow) -> None:
        corners = self._pixels(np.array([mark.box[:2], mark.box[2:]]))
        left, top, right, bottom = np.round(corners).astype(int).ravel().tolist()
        if right <= left or bottom <= top or mark.opacity <= 0:
            return
        strength = min(mark.opacity, 1.0)
        mask = _fading_disc().resize((right - left, bottom - top), Image.Resampling.BILINEAR)
        self.image.paste(mark.colour, (left, top, right, bottom), mask.point(lambda v: round(v * strength)))

    def _clipped(self, mark: Clipped) -> None:
        pixels = self._pixels(mark.clip)
        box = self._box(pixels)
        if box is None:
            return
        inner = Canvas(self.image.crop(box), self.scale, (self.origin[0] + box[0], self.origin[1] + box[1]))
        inner.paint(mark.marks)
        self.image.paste(inner.image, box, self._mask(pixels, box))


def soft_background(colours: NDArray[np.uint8], size_px: int) -> Image.Image:
    """A smooth picture from a few control colours [rows, columns, 3]."""
    return Image.fromarray(colours).resize((size_px, size_px), Image.Resampling.BICUBIC)


def picture(background: NDArray[np.uint8], marks: Sequence[Mark], size_px: int) -> NDArray[np.uint8]:
    """uint8 [size_px, size_px, 3]."""
    factor = oversampling(size_px)
    canvas = Canvas(soft_background(background, size_px * factor), size_px * factor)
    canvas.paint(marks)
    return np.asarray(canvas.image.reduce(factor))
