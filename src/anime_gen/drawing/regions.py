"""Region masks: the same marks as the picture, painted as part numbers instead of colours."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from anime_gen.drawing.attributes import ALL
from anime_gen.drawing.curves import Points, ellipse
from anime_gen.drawing.raster import SUBPIXELS, Clipped, Glow, Mark, oversampling

PARTS: tuple[str, ...] = tuple(dict.fromkeys(("background", *ALL)))


class _Regions:
    """Part numbers of the samples of a picture, and where see-through marks lie over them."""

    def __init__(self, side: int) -> None:
        self.side = side
        self.solid = Image.new("L", (side, side))
        self.glazes = {part: Image.new("L", (side, side)) for part in PARTS}

    def paint(self, marks: Sequence[Mark], clip: Image.Image | None = None) -> None:
        """Paint marks in order; see-through ones are noted without hiding what lies under them."""
        for mark in marks:
            if isinstance(mark, Clipped):
                inside = self._outline(mark.clip)
                self.paint(mark.marks, inside if clip is None else ImageChops.multiply(inside, clip))
                continue
            points = _box_ellipse(mark) if isinstance(mark, Glow) else mark.points
            glaze = isinstance(mark, Glow) or mark.opacity < 1.0
            image, value = (self.glazes[mark.part], 255) if glaze else (self.solid, PARTS.index(mark.part))
            if clip is None:
                ImageDraw.Draw(image).polygon(self._pixels(points), fill=value)
            else:
                image.paste(value, (0, 0), ImageChops.multiply(self._outline(points), clip))

    def _pixels(self, points: Points) -> list[float]:
        pixels: list[float] = (np.round(points * (self.side * SUBPIXELS)) / SUBPIXELS).ravel().tolist()
        return pixels

    def _outline(self, points: Points) -> Image.Image:
        image = Image.new("L", (self.side, self.side))
        ImageDraw.Draw(image).polygon(self._pixels(points), fill=255)
        return image


def _box_ellipse(mark: Glow) -> Points:
    left, top, right, bottom = mark.box
    return ellipse(((left + right) / 2, (top + bottom) / 2), (right - left) / 2, (bottom - top) / 2)


def region_masks(marks: Sequence[Mark], size_px: int) -> dict[str, NDArray[np.bool_]]:
    """Boolean [size_px, size_px] by part: true where any of the pixel's samples shows the part."""
    factor = oversampling(size_px)
    regions = _Regions(size_px * factor)
    regions.paint(marks)
    blocks = (size_px, factor, size_px, factor)
    solid = np.asarray(regions.solid).reshape(blocks)
    return {
        part: ((solid == number) | (np.asarray(regions.glazes[part]).reshape(blocks) > 0)).any(axis=(1, 3))
        for number, part in enumerate(PARTS)
    }
