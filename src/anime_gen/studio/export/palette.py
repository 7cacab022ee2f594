"""The colours of a character, for a drawing program: GIMP and Krita (.gpl), Adobe (.ase), or a picture of swatches."""

import colorsys
import struct
from collections import Counter
from dataclasses import dataclass

import numpy as np
from PIL import Image

MOST = 10
HUES = ("red", "orange", "yellow", "green", "aqua", "blue", "purple", "pink")
HUE_ENDS = (15, 42, 70, 160, 200, 255, 290, 345)
"""Where each hue of `HUES` ends on the colour wheel, in degrees; beyond the last it is red again."""
SWATCH_PX = 64


@dataclass(frozen=True)
class Swatch:
    """One colour, 0..255 each, its plain name, and the share of the picture that has it."""

    name: str
    rgb: tuple[int, int, int]
    share: float

    @property
    def hex(self) -> str:
        """As `#c2417c`."""
        return "#{:02x}{:02x}{:02x}".format(*self.rgb)


def palette_of(pixels: np.ndarray, count: int = MOST) -> list[Swatch]:
    """The main colours of uint8 `[r, r, 3]`, most common first."""
    image = Image.fromarray(pixels).quantize(count, method=Image.Quantize.MEDIANCUT, kmeans=4)
    colours = np.array(image.getpalette(), dtype=int).reshape(-1, 3)
    counts = Counter(np.asarray(image).ravel().tolist())
    seen: Counter[str] = Counter()
    swatches = []
    for index, pixels_of_it in counts.most_common():
        red, green, blue = (int(part) for part in colours[index])
        words = colour_name((red, green, blue))
        seen[words] += 1
        name = words if seen[words] == 1 else f"{words} {seen[words]}"
        swatches.append(Swatch(name, (red, green, blue), pixels_of_it / image.width / image.height))
    return swatches


def colour_name(rgb: tuple[int, int, int]) -> str:
    """`light pink`, `dark blue`, `grey`: as one would call it."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(part / 255.0 for part in rgb))
    if lightness < 0.1:
        return "black"
    if lightness > 0.95:
        return "white"
    shade = "dark " if lightness < 0.35 else "light " if lightness > 0.72 else ""
    if saturation < 0.12:
        return f"{shade}grey"
    word = next((name for name, end in zip(HUES, HUE_ENDS, strict=True) if 360.0 * hue < end), "red")
    return "brown" if word == "orange" and lightness < 0.4 else f"{shade}{word}"


def to_gpl(swatches: list[Swatch], title: str) -> bytes:
    """A GIMP palette, which Krita, Inkscape and Aseprite read as well."""
    words = " ".join(title.split()) or "character"
    rows = []
    for swatch in swatches:
        red, green, blue = swatch.rgb
        rows.append(f"{red:3d} {green:3d} {blue:3d}\t{swatch.name} {swatch.hex}")
    return "\n".join(["GIMP Palette", f"Name: {words}", "Columns: 5", "#", *rows, ""]).encode("utf-8")


def to_ase(swatches: list[Swatch]) -> bytes:
    """Adobe Swatch Exchange 1.0: big-endian blocks, each a UTF-16 name and an RGB colour as three floats."""
    blocks = []
    for swatch in swatches:
        name = f"{swatch.name} {swatch.hex}\0"
        colour = b"RGB " + struct.pack(">3f", *(part / 255.0 for part in swatch.rgb)) + struct.pack(">H", 2)
        body = struct.pack(">H", len(name)) + name.encode("utf-16-be") + colour
        blocks.append(struct.pack(">HI", 1, len(body)) + body)
    return b"ASEF" + struct.pack(">HHI", 1, 0, len(blocks)) + b"".join(blocks)


def swatch_picture(swatches: list[Swatch]) -> Image.Image:
    """The colours as squares in a row, for picking with a pipette."""
    colours = np.array([[swatch.rgb for swatch in swatches]], dtype=np.uint8)
    return Image.fromarray(colours.repeat(SWATCH_PX, 0).repeat(SWATCH_PX, 1))
