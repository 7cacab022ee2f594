"""Colours of a character: skin, hair, irises, and their shade, light and line tones."""

import colorsys
import math
from dataclasses import dataclass

from anime_gen.drawing.character import Character
from anime_gen.drawing.raster import Colour
from anime_gen.drawing.style import HOUSE_STYLE, Style

SKIN_STOPS = ((255, 238, 226), (254, 223, 200), (238, 190, 154), (198, 140, 104), (142, 94, 70))
WHITE: Colour = (255, 255, 255)


def hsl(hue: float, saturation: float, lightness: float) -> Colour:
    """8-bit RGB of a hue in degrees and saturation, lightness in 0..1."""
    red, green, blue = colorsys.hls_to_rgb(hue / 360.0 % 1.0, min(max(lightness, 0), 1), min(max(saturation, 0), 1))
    return round(255 * red), round(255 * green), round(255 * blue)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` with a share (0..1) of `b`."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def tint(colour: Colour, factors: tuple[float, float, float]) -> Colour:
    """Channels multiplied; a cel shade is the local colour times a cool factor."""
    red, green, blue = (min(255, round(x * f)) for x, f in zip(colour, factors, strict=True))
    return red, green, blue


@dataclass(frozen=True)
class Palette:
    """The tones a face is painted with."""

    skin: Colour
    skin_shade: Colour
    skin_line: Colour
    blush: Colour
    lip: Colour
    hair: Colour
    hair_shade: Colour
    hair_deep: Colour
    hair_line: Colour
    hair_light: Colour
    iris_top: Colour
    iris_bottom: Colour
    iris_glow: Colour
    iris_line: Colour
    lash: Colour


def _shade(colour: Colour, factors: tuple[float, float, float], style: Style) -> Colour:
    full = tint(colour, factors)
    return mix(colour, full, style.shade_strength) if style.shade_strength <= 1 else tint(full, factors)


def _muted(colour: Colour, style: Style) -> Colour:
    grey = round(0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2])
    red, green, blue = (min(255, max(0, round(grey + (x - grey) * style.saturation))) for x in colour)
    return red, green, blue


def skin_colour(tone: float) -> Colour:
    """Skin from pale (0) to deep (1)."""
    place = tone * (len(SKIN_STOPS) - 1)
    low = min(int(place), len(SKIN_STOPS) - 2)
    return mix(SKIN_STOPS[low], SKIN_STOPS[low + 1], place - low)


def hair_colour(hue: float, saturation: float, lightness: float) -> Colour:
    """Hair at an artist's hue, saturation and lightness; the ends of the ranges stay paintable."""
    # dark yellow looks olive, so yellow leans towards orange as it darkens
    warmed = hue - 24.0 * (1.15 - lightness) * math.exp(-(((hue - 56.0) / 26.0) ** 2))
    return hsl(warmed, 0.03 + 0.74 * saturation * (1.0 - 0.3 * lightness), 0.14 + 0.77 * lightness)


def iris_tones(hue: float, lightness: float) -> tuple[Colour, Colour, Colour, Colour]:
    """Top, bottom, reflected light and rim of an iris."""
    saturation = 0.75 * min(1.0, 0.15 + lightness * 2.5)
    return (
        hsl(hue, saturation, 0.10 + 0.36 * lightness),
        hsl(hue, saturation + 0.1, 0.14 + 0.52 * lightness),
        hsl(hue, saturation + 0.15, 0.26 + 0.56 * lightness),
        hsl(hue, saturation, 0.05 + 0.08 * lightness),
    )


def _hair_tone(colour: Colour, depth: float, style: Style) -> Colour:
    """A darker tone of hair: less light, hue turned towards purple the short way, as a painter shades."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(x / 255.0 for x in colour))
    share = depth * style.shade_strength
    turned = 360.0 * hue + 60.0 * share * math.sin(math.radians(265.0 - 360.0 * hue))
    darker = lightness * (1.0 - share)
    # the same HSL saturation is a far stronger colour in the middle of the scale than near white: keep the strength
    kept = min(1.0, (1.2 - abs(2.0 * lightness - 1.0)) / (1.2 - abs(2.0 * darker - 1.0)))
    return hsl(turned, saturation * kept * (1.0 + 0.15 * share), darker)


def palette(character: Character) -> Palette:
    """All tones of one character in its style."""
    style = character.style
    skin = _muted(skin_colour(character.number("skin_tone")), style)
    hair = _muted(
        hair_colour(*(character.number(f"hair_{part}") for part in ("hue", "saturation", "lightness"))), style
    )
    line = _hair_tone(hair, 0.58, HOUSE_STYLE)
    black: Colour = (24, 20, 26)
    glossy = 0.30 + 0.25 * character.number("hair_lightness")
    shade = _hair_tone(hair, 0.20, style)
    return Palette(
        skin=skin,
        skin_shade=_shade(skin, (0.93, 0.80, 0.79), style),
        skin_line=mix(tint(skin, (0.60, 0.38, 0.36)), black, style.line_darkness),
        blush=mix(tint(skin, (1.0, 0.50, 0.52)), (255, 84, 96), 0.45 * skin[1] / 255),
        lip=tint(skin, (0.86, 0.48, 0.48)),
        hair=hair,
        hair_shade=shade,
        hair_deep=_hair_tone(shade, 0.20, style),
        hair_line=mix(line, black, style.line_darkness),
        hair_light=mix(hair, WHITE, glossy * style.highlight),
        **dict(
            zip(
                ("iris_top", "iris_bottom", "iris_glow", "iris_line"),
                iris_tones(character.number("eye_hue"), character.number("eye_lightness")),
                strict=True,
            )
        ),
        lash=mix(tint(line, (0.55, 0.5, 0.55)), black, max(0.35, style.line_darkness)),
    )
