"""A short film from one face to another and back: GIF, WebP or MP4."""

import io
from fractions import Fraction

import numpy as np
import torch
from PIL import Image

from anime_gen.serving.rendering import Renderer
from anime_gen.studio.character.picture_file import enlarged

FRAMES = 24
"""From one end to the other."""
RATE = 20
"""Frames a second: GIF counts in hundredths of one, and 20 is a rate that every viewer plays as it is."""
SIDE_PX = 512


def frames(renderer: Renderer, first: torch.Tensor, last: torch.Tensor, count: int = FRAMES) -> list[np.ndarray]:
    """Pictures uint8 [r, r, 3] from latent `first` to `last` [1, num_ws, w_dim] and back, slow at both ends."""
    share = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, count))
    there = [renderer.render(first + float(s) * (last - first), {}).pixels for s in share]
    return there + there[-2:0:-1]


def to_gif(pictures: list[np.ndarray], side_px: int = SIDE_PX) -> bytes:
    """A GIF that repeats for ever, with one palette for all frames, so that nothing flickers."""
    images = _large(pictures, side_px)
    ends = Image.new("RGB", (2 * side_px, side_px))
    ends.paste(images[0], (0, 0))
    ends.paste(images[len(images) // 2], (side_px, 0))
    palette = ends.quantize(255)
    plain = Image.Dither.NONE  # dots that change with each frame flicker, and fill the file
    return _pillow([image.quantize(palette=palette, dither=plain) for image in images], "GIF", optimize=False)


def to_webp(pictures: list[np.ndarray], side_px: int = SIDE_PX) -> bytes:
    """An animated WebP that repeats for ever."""
    return _pillow(_large(pictures, side_px), "WEBP", quality=85, method=2)


def to_mp4(pictures: list[np.ndarray], side_px: int = SIDE_PX) -> bytes:
    """An H.264 film in the pixel format that every player and site takes."""
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as film:
        options = {"crf": "18", "preset": "veryfast"}
        stream = film.add_stream("libx264", Fraction(RATE), options, width=side_px, height=side_px, pix_fmt="yuv420p")
        for image in _large(pictures, side_px):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(image), "rgb24")))
        film.mux(stream.encode())
    return buffer.getvalue()


def _large(pictures: list[np.ndarray], side_px: int) -> list[Image.Image]:
    """Each picture at `side_px`; those on the way back are those on the way there, and enlarged once."""
    large = {id(picture): enlarged(picture, side_px) for picture in {id(p): p for p in pictures}.values()}
    return [large[id(picture)] for picture in pictures]


def _pillow(images: list[Image.Image], kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    images[0].save(buffer, kind, save_all=True, append_images=images[1:], duration=1000 // RATE, loop=0, **options)
    return buffer.getvalue()
