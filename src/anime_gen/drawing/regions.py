"""Region masks: the same marks as the picture, painted as part numbers instead of colours."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from anime_gen.drawing.attributes import ALL
from anime_gen.drawing.curves import ellipse
from anime_gen.drawing.raster import SUBPIXELS, Clipped, Fill, Mark, oversampling

PARTS: tuple[str, ...] = tuple(dict.fromkeys(("background", *ALL)))
OVERLAYS = ("cheeks",)  # painted over skin without hiding it


def _polygon(image: Image.Image, mark: Fill, scale: int, value: int) -> None:
    pixels = np.round(mark.points * (scale * SUBPIXELS)) / SUBPIXELS
    ImageDraw.Draw(image).polygon(pixels.ravel().tolist(), fill=value)


def _number(image: Image.Image, marks: Sequence[Mark], scale: int, overlays: dict[str, Image.Image]) -> None:
    for mark in marks:
        if isinstance(mark, Clipped):
            inner = image.copy()
            _number(inner, mark.marks, scale, overlays)
            mask = Image.new("L", image.size)
            _polygon(mask, Fill("", mark.clip, (0, 0, 0)), scale, 255)
            image.paste(inner, (0, 0), mask)
        elif mark.part in OVERLAYS:
            overlay = overlays.setdefault(mark.part, Image.new("L", image.size))
            if isinstance(mark, Fill):
                _polygon(overlay, mark, scale, 255)
            else:
                left, top, right, bottom = mark.box
                centre = ((left + right) / 2, (top + bottom) / 2)
                disc = ellipse(centre, (right - left) / 2, (bottom - top) / 2)
                _polygon(overlay, Fill("", disc, (0, 0, 0)), scale, 255)
        elif isinstance(mark, Fill):
            _polygon(image, mark, scale, PARTS.index(mark.part))


def region_masks(marks: Sequence[Mark], size_px: int) -> dict[str, NDArray[np.bool_]]:
    """Boolean [size_px, size_px] by part: true where any of the pixel's samples shows the part."""
    factor = oversampling(size_px)
    image = Image.new("L", (size_px * factor, size_px * factor))
    overlays: dict[str, Image.Image] = {}
    _number(image, marks, size_px * factor, overlays)
    blocks = np.asarray(image).reshape(size_px, factor, size_px, factor)
    found = {part: (blocks == number).any(axis=(1, 3)) for number, part in enumerate(PARTS)}
    for part in OVERLAYS:
        overlay = overlays.get(part)
        if overlay is not None:
            found[part] = (np.asarray(overlay).reshape(blocks.shape) > 0).any(axis=(1, 3))
    return found
