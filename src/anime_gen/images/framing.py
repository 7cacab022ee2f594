"""From a picture of any shape to a square face at the working resolution, resized once."""

from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from anime_gen.images.config import FacesConfig
from anime_gen.images.rejection import Rejection
from anime_gen.paths import user_path


def frame(picture: np.ndarray, config: FacesConfig) -> np.ndarray:
    """Square uint8 `[r, r, 3]` of uint8 `[height, width, 3]`, by Lanczos windows as wide as the reduction.

    Raises Rejection "no_face" when a cascade was given and finds none.
    """
    side = config.resolution_px
    if config.face_cascade is not None:
        picture = _crop_to_face(picture, config.face_cascade, config.face_margin)
    if config.framing == "pad":
        picture = _pad_to_square(picture, config.background_rgb())
    height, width = picture.shape[:2]
    if (height, width) == (side, side):
        return picture
    short = min(height, width)
    left, top = (width - short) / 2, (height - short) / 2
    box = (left, top, left + short, top + short)
    whole = Image.fromarray(picture)
    return np.asarray(whole.resize((side, side), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0))


def _pad_to_square(picture: np.ndarray, background: tuple[int, int, int]) -> np.ndarray:
    height, width = picture.shape[:2]
    if height == width:
        return picture
    side = max(height, width)
    square = np.empty((side, side, 3), np.uint8)
    square[:] = background
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = picture
    return square


def _crop_to_face(picture: np.ndarray, cascade_path: str, margin: float) -> np.ndarray:
    """The square around the largest face, `margin` of its size kept on each side, moved inside the picture."""
    import cv2

    grey = cv2.equalizeHist(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    found = _cascade(cascade_path).detectMultiScale(grey, scaleFactor=1.1, minNeighbors=4, minSize=(24, 24))
    if len(found) == 0:
        raise Rejection("no_face")
    x, y, width, height = max((tuple(map(int, face)) for face in found), key=lambda face: face[2] * face[3])
    rows, columns = picture.shape[:2]
    side = min(round(max(width, height) * (1 + 2 * margin)), rows, columns)
    left = min(max(round(x + width / 2 - side / 2), 0), columns - side)
    top = min(max(round(y + height / 2 - side / 2), 0), rows - side)
    return picture[top : top + side, left : left + side]


@lru_cache(maxsize=1)
def _cascade(path: str) -> Any:
    return load_cascade(path)


def load_cascade(path: str) -> Any:
    """The OpenCV cascade in `path`; called once before the work so that a wrong file is an error, not 70,000 rejects.

    Raises FileNotFoundError, or ValueError when OpenCV is missing, has no cascades, or cannot read the file.
    """
    file = user_path(path)
    if not file.is_file():
        raise FileNotFoundError(f"faces.face_cascade: there is no file {path}; give an OpenCV cascade XML, or null")
    try:
        import cv2
    except ImportError:
        raise ValueError("faces.face_cascade needs OpenCV: pip install 'anime_gen[crop]', or set it to null") from None
    if not hasattr(cv2, "CascadeClassifier"):
        raise ValueError(
            f"OpenCV {cv2.__version__} has no cascade classifier (it left the main package in version 5): "
            "pip install 'opencv-python-headless<5', or set faces.face_cascade to null"
        )
    try:
        cascade = cv2.CascadeClassifier(str(file))
    except (cv2.error, SystemError):  # a file that is no cascade reaches Python as either, by OpenCV's version
        cascade = None
    if cascade is None or cascade.empty():
        raise ValueError(f"faces.face_cascade: OpenCV cannot read a cascade from {path}")
    return cascade
