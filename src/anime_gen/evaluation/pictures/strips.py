"""Labelled sheets of pictures: samples, attribute sweeps, and the nearest training picture of a sample."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

MARGIN = 6
INK = (40, 40, 48)
PAPER = (255, 255, 255)


@dataclass(frozen=True)
class Strip:
    """One row: a title at its left, pictures uint8 [n, r, r, 3], and a caption under each."""

    title: str
    pictures: np.ndarray
    captions: Sequence[str]


def draw_strips(strips: Sequence[Strip], picture_px: int = 96, title_px: int = 130) -> np.ndarray:
    """All strips under each other on white, uint8 [height, width, 3]; pictures are enlarged without smoothing.

    Raises ValueError without strips, or if captions and pictures differ in number.
    """
    if not strips:
        raise ValueError("a sheet needs at least one strip of pictures")
    font = ImageFont.load_default(size=13)
    row_px = picture_px + 18 + MARGIN
    width = title_px + max(len(strip.pictures) for strip in strips) * (picture_px + MARGIN) + MARGIN
    sheet = Image.new("RGB", (width, len(strips) * row_px + MARGIN), PAPER)
    pen = ImageDraw.Draw(sheet)
    for row, strip in enumerate(strips):
        if len(strip.captions) != len(strip.pictures):
            raise ValueError(
                f"strip {strip.title!r}: {len(strip.captions)} captions for {len(strip.pictures)} pictures"
            )
        top = MARGIN + row * row_px
        pen.text((MARGIN, top + picture_px // 2), strip.title, fill=INK, font=font, anchor="lm")
        for i, (picture, caption) in enumerate(zip(strip.pictures, strip.captions, strict=True)):
            left = title_px + i * (picture_px + MARGIN)
            sheet.paste(enlarge(picture, picture_px), (left, top))
            pen.text((left + picture_px // 2, top + picture_px + 2), caption, fill=INK, font=font, anchor="ma")
    return np.asarray(sheet)


def draw_grid(pictures: np.ndarray, columns: int, picture_px: int = 96) -> np.ndarray:
    """Pictures [n, r, r, 3] row by row without gaps, uint8 [height, width, 3]; missing ones stay white."""
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * picture_px, rows * picture_px), PAPER)
    for i, picture in enumerate(pictures):
        sheet.paste(enlarge(picture, picture_px), (i % columns * picture_px, i // columns * picture_px))
    return np.asarray(sheet)


def draw_note(text: str, width: int = 480) -> np.ndarray:
    """Some words on white instead of a sheet, uint8 [height, width, 3]."""
    font = ImageFont.load_default(size=13)
    lines = textwrap.wrap(text, 60)
    sheet = Image.new("RGB", (width, len(lines) * 18 + 2 * MARGIN), PAPER)
    ImageDraw.Draw(sheet).multiline_text((MARGIN, MARGIN), "\n".join(lines), fill=INK, font=font)
    return np.asarray(sheet)


def enlarge(picture: np.ndarray, picture_px: int) -> Image.Image:
    """Scale a square picture; pixels stay sharp when it grows, so that what the network made is what is seen."""
    method = Image.Resampling.NEAREST if picture.shape[0] <= picture_px else Image.Resampling.BOX
    return Image.fromarray(picture).resize((picture_px, picture_px), method)
