"""Where in a picture from outside a face may be: square windows, also larger than the picture, to choose from."""

from dataclasses import dataclass, replace

import numpy as np

from anime_gen.images.config import FacesConfig
from anime_gen.images.framing import frame

SQUARE = 1.15
"""Pictures whose sides differ by less are taken as square: their ends are no places of their own."""
WHOLE = (1.0, 0.0)
FURTHER = ((0.9, 0.12), (0.8, 0.12), (0.8, 0.18), (0.65, 0.16))
"""Zoom, and by which share of the window the picture's middle is moved down: room for the hair of a tight crop."""
NEARER = ((1.4, 0.1), (1.4, 0.25), (2.0, 0.35))
"""The same for a head that is small in its picture."""
AT_THE_ENDS = (WHOLE, (0.8, 0.15), (1.4, 0.1))


@dataclass(frozen=True)
class Window:
    """A square of `side` pixels whose upper left corner is (left, top); it may reach beyond the picture."""

    left: float
    top: float
    side: float

    def cut(self, picture: np.ndarray, side_px: int) -> np.ndarray:
        """Uint8 [height, width, 3] within the window as [side_px, side_px, 3]; the picture's rim goes on beyond it."""
        height, width = picture.shape[:2]
        left, top = round(self.left), round(self.top)
        right, bottom = left + round(self.side), top + round(self.side)
        inside = picture[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
        rim = ((max(-top, 0), max(bottom - height, 0)), (max(-left, 0), max(right - width, 0)), (0, 0))
        return frame(np.pad(inside, rim, mode="edge"), replace(FacesConfig(), resolution_px=side_px))


def windows(height: int, width: int) -> list[Window]:
    """Windows to try on a picture of this size; the first is the middle square, as ingest takes it."""
    short, middle = min(height, width), (width / 2, height / 2)
    found = [_window(middle, short, zoom, down) for zoom, down in (WHOLE, *FURTHER, *NEARER)]
    ends = []
    if height > SQUARE * width:
        ends = [(middle[0], short / 2)]  # heads are at the top
    elif width > SQUARE * height:
        ends = [(short / 2, middle[1]), (width - short / 2, middle[1])]
    return found + [_window(end, short, zoom, down) for end in ends for zoom, down in AT_THE_ENDS]


def _window(centre: tuple[float, float], short: int, zoom: float, down: float) -> Window:
    side = short / zoom
    return Window(centre[0] - side / 2, centre[1] - side * (0.5 + down), side)
