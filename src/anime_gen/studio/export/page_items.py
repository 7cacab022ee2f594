"""What stands where on a printed page, and its two painters: PNG and PDF."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from anime_gen.studio.character.picture_file import enlarged
from anime_gen.studio.export.lettering import font_for

PX_PER_POINT = 2.0
INK, PAPER = (43, 36, 48), (255, 255, 255)


@dataclass(frozen=True)
class Picture:
    """uint8 pixels [r, r, 3] in a square of `side` points."""

    x: float
    y: float
    side: float
    pixels: np.ndarray


@dataclass(frozen=True)
class Patch:
    """A rectangle of one colour."""

    x: float
    y: float
    width: float
    height: float
    rgb: tuple[int, int, int]


@dataclass(frozen=True)
class Line:
    """A line of text, its top left corner and its size in points; cut to `width`."""

    x: float
    y: float
    size: float
    text: str
    width: float


@dataclass(frozen=True)
class Page:
    """Everything on it; all lengths in points, from the top left."""

    width: float
    height: float
    items: list[Picture | Patch | Line]
    title: str


def page_png(page: Page) -> bytes:
    """The page as a PNG of two pixels a point."""
    scale = PX_PER_POINT
    sheet = Image.new("RGB", (round(page.width * scale), round(page.height * scale)), PAPER)
    draw = ImageDraw.Draw(sheet)
    for item in page.items:
        place = (round(item.x * scale), round(item.y * scale))
        if isinstance(item, Picture):
            side = round(item.side * scale)
            sheet.paste(enlarged(item.pixels, side), place)
        elif isinstance(item, Patch):
            corner = (place[0] + round(item.width * scale) - 1, place[1] + round(item.height * scale) - 1)
            draw.rectangle((place, corner), fill=item.rgb)
        else:
            font = ImageFont.truetype(str(font_for(item.text)), round(item.size * scale))
            draw.text(place, _cut(item.text, font.getlength, item.width * scale), INK, font)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def page_pdf(page: Page) -> bytes:
    """The page as a PDF, its words as text and its pictures at 4 pixels a point at most."""
    from fpdf import FPDF

    pdf = FPDF(unit="pt", format=(page.width, page.height))
    pdf.set_title(page.title)
    pdf.set_auto_page_break(False)
    pdf.add_page()
    pdf.set_text_color(*INK)
    for item in page.items:
        if isinstance(item, Picture):
            side = max(len(item.pixels), round(2 * PX_PER_POINT * item.side))
            jpeg = io.BytesIO()
            enlarged(item.pixels, side).save(jpeg, "JPEG", quality=92, subsampling=0)
            pdf.image(jpeg, item.x, item.y, item.side, item.side)
        elif isinstance(item, Patch):
            pdf.set_fill_color(*item.rgb)
            pdf.rect(item.x, item.y, item.width, item.height, style="F")
        else:
            file = font_for(item.text)
            if file.stem.lower() not in pdf.fonts:
                pdf.add_font(file.stem, fname=file)
            pdf.set_font(file.stem, size=item.size)
            pdf.text(item.x, item.y + 0.93 * item.size, _cut(item.text, pdf.get_string_width, item.width))
    return bytes(pdf.output())


def _cut(text: str, length: Callable[[str], float], width: float) -> str:
    """The text, shortened with an ellipsis if it is longer than `width`."""
    text = "".join(letter for letter in text if letter.isprintable())
    if length(text) <= width:
        return text
    while text and length(text + "…") > width:
        text = text[:-1]
    return text + "…"
