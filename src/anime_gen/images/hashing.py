"""Perceptual hashes of framed faces (imagehash's DCT hash), as 64-bit numbers that numpy can compare by the million."""

import numpy as np
from PIL import Image


def perceptual_hashes(pixels: np.ndarray) -> tuple[int, int]:
    """The 64-bit hash of a face uint8 `[r, r, 3]` and that of its mirror image."""
    return _hash(pixels), _hash(pixels[:, ::-1])


def _hash(pixels: np.ndarray) -> int:
    import imagehash

    bits = imagehash.phash(Image.fromarray(pixels)).hash
    return int.from_bytes(np.packbits(bits.reshape(-1)).tobytes(), "big")
