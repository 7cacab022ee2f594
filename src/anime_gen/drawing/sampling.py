"""The three splits of drawn characters. Character i of a split depends on (seed, split, i) only.

`default` has what real collections have and what makes disentangling hard: rare attributes (glasses 10 %, hat 5 %,
animal ears 6 %) and correlations (ribbons go with long hair, glasses with dark hair and calm faces, blush with smiles,
eye colour with hair colour, tall eyes with round faces). `independent` has none: every attribute is uniform over its
range or its classes. `other_style` is `default` drawn by another hand: line weight, shading and proportions vary.
"""

import numpy as np

from anime_gen.drawing.attributes import ATTRIBUTES, GLASSES_RIMS, STORED
from anime_gen.drawing.character import Character
from anime_gen.drawing.classes import EYE_HUES, expression, hair_color
from anime_gen.drawing.style import HOUSE_STYLE, Style

SPLITS: tuple[str, ...] = ("default", "independent", "other_style")

EXPRESSION_WEIGHTS = {"neutral": 0.36, "happy": 0.30, "sad": 0.09, "angry": 0.09, "surprised": 0.09, "smug": 0.07}
HAIR_COLOR_WEIGHTS = {
    **{"black": 0.13, "brown": 0.15, "blonde": 0.15, "pink": 0.09, "blue": 0.09, "purple": 0.08},
    **{"red": 0.07, "orange": 0.06, "green": 0.05, "aqua": 0.05, "gray": 0.04, "white": 0.04},
}
STYLE_WEIGHTS = {"loose": 0.52, "hime": 0.12, "twin_tails": 0.16, "ponytail": 0.11, "buns": 0.09}


class _Stream:
    """Uniform numbers of one character, from a counter-based generator keyed (seed, split, index)."""

    def __init__(self, seed: int, split: str, index: int) -> None:
        self._random = np.random.Generator(
            np.random.Philox(key=(SPLITS.index(split) << 64) + seed, counter=index << 128)
        )

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * float(self._random.random())

    def near(self, centre: float, spread: float, low: float = 0.0, high: float = 1.0) -> float:
        """A bell around the centre (sum of three uniforms), folded back into the range at its ends."""
        value = centre + spread * (sum(self.between(-1.0, 1.0) for _ in range(3)))
        span = high - low
        folded = (value - low) % (2 * span)
        return low + (folded if folded <= span else 2 * span - folded)

    def flip(self, chance: float) -> float:
        """1.0 with the chance, else 0.0."""
        return 1.0 if self.between(0.0, 1.0) < chance else 0.0

    def pick(self, weights: dict[str, float]) -> str:
        """A key by weight."""
        mark = self.between(0.0, sum(weights.values()))
        for name, weight in weights.items():
            mark -= weight
            if mark < 0.0:
                return name
        return next(reversed(weights))

    def whole(self) -> int:
        """A seed for the nuisance."""
        return int(self._random.integers(0, 2**63))


Values = dict[str, float | str]


def _independent(stream: _Stream) -> Values:
    values: Values = {}
    for name in STORED:
        spec = ATTRIBUTES[name]
        if spec.kind == "categorical":
            values[name] = stream.pick(dict.fromkeys(spec.classes, 1.0))
        elif spec.kind == "binary":
            values[name] = stream.flip(0.5)
        else:
            values[name] = stream.between(spec.low, spec.high)
    return values


def _expression(stream: _Stream) -> Values:
    """A class by weight, then a point inside its region by rejection."""
    wanted = stream.pick(EXPRESSION_WEIGHTS)
    while True:
        smile, opening = stream.between(-1.0, 1.0), stream.between(0.0, 1.0) ** 1.6
        angle, height = stream.near(0.0, 0.40, -1.0), stream.between(0.0, 1.0)
        if wanted == "neutral":
            smile, opening, angle = 0.4 * smile, 0.3 * opening, 0.5 * angle
        if expression(smile, opening, angle, height) == wanted:
            return {"smile": smile, "mouth_open": opening, "brow_angle": angle, "brow_height": height}


def _hair_colour(stream: _Stream) -> Values:
    wanted = stream.pick(HAIR_COLOR_WEIGHTS)
    while True:
        hue = stream.between(0.0, 360.0)
        saturation = stream.between(0.0, 1.0) ** 0.55 if wanted not in ("gray", "white") else stream.between(0.0, 0.18)
        lightness = stream.between(0.0, 1.0) if wanted != "black" else stream.between(0.0, 0.16)
        if hair_color(hue, saturation, lightness) == wanted:
            return {"hair_hue": hue, "hair_saturation": saturation, "hair_lightness": lightness}


def _band_hue(name: str, stream: _Stream) -> float:
    """A hue well inside a named band of eye hues."""
    low = 0.0
    for upper, band in EYE_HUES:
        if band == name:
            return low + (upper - low) * stream.between(0.1, 0.9)
        low = upper
    raise ValueError(f"There is no hue named {name!r}.")


def _eye_colour(stream: _Stream, hair: Values) -> Values:
    """Three in ten eyes take the hair's hue, the others any named band; one in twenty is black."""
    if stream.flip(0.05):
        return {"eye_hue": stream.between(0.0, 360.0), "eye_lightness": stream.between(0.0, 0.15)}
    if stream.flip(0.3):
        hue = (float(hair["hair_hue"]) + stream.near(0.0, 12.0, -180.0, 180.0)) % 360.0
        return {"eye_hue": hue, "eye_lightness": stream.between(0.2, 1.0)}
    if stream.flip(0.18):  # brown
        return {"eye_hue": stream.between(16.0, 60.0), "eye_lightness": stream.between(0.16, 0.42)}
    bands = {name: 1.0 for _, name in EYE_HUES}
    bands["blue"] = 2.0
    return {
        "eye_hue": _band_hue(stream.pick(bands), stream),
        "eye_lightness": stream.between(0.25, 1.0),
    }


def _default(stream: _Stream) -> Values:
    mood, colour = _expression(stream), _hair_colour(stream)
    style = stream.pick(STYLE_WEIGHTS)
    length = stream.near(0.62 if style in ("hime", "twin_tails") else 0.48, 0.42)
    dark = 1.0 - float(colour["hair_lightness"])
    happy = max(0.0, float(mood["smile"]))
    curl = stream.between(0.0, 1.0) ** 2
    width = stream.near(0.5, 0.28)
    hat, closed = stream.flip(0.05), stream.flip(0.05 + 0.05 * happy)
    return {
        **mood,
        **colour,
        **_eye_colour(stream, colour),
        "hair_style": style,
        "hair_length": length,
        "hair_volume": stream.near(0.35 + 0.3 * curl, 0.28),
        "bangs": stream.near(0.62, 0.26),
        "hair_parting": stream.near(0.0, 0.5, -1.0),
        "hair_curl": curl,
        "hair_spikiness": stream.near(0.60 - 0.35 * length, 0.32),
        "eye_size": stream.near(0.55, 0.30),
        "eye_ratio": stream.near(0.40 + 0.25 * width, 0.28),
        "eye_tilt": stream.near(0.0, 0.42, -1.0),
        "eye_spacing": stream.near(0.5, 0.28),
        "eye_openness": stream.between(0.0, 0.10) if closed else stream.near(0.86, 0.12, 0.12),
        "pupil_size": stream.near(0.5, 0.32),
        "face_width": width,
        "chin_length": stream.near(0.45, 0.30),
        "skin_tone": stream.between(0.0, 1.0) ** 4,
        "blush": stream.near(0.15 + 0.45 * happy, 0.2),
        "head_turn": stream.near(0.0, 0.42, -1.0),
        "head_tilt": stream.near(0.0, 0.38, -1.0),
        "light_side": stream.near(0.0, 0.5, -1.0),
        "glasses": stream.flip(0.04 + 0.12 * dark * (1.0 - 0.5 * happy)),
        "glasses_size": stream.between(0.0, 1.0),
        "glasses_rim": stream.pick(dict(zip(GLASSES_RIMS, (0.45, 0.35, 0.2), strict=True))),
        "hat": hat,
        "ribbon": stream.flip(0.03 + 0.34 * length**2),
        "animal_ears": 0.0 if hat else stream.flip(0.065),
    }


def _other_style(stream: _Stream) -> Style:
    """Another hand: never within the house style's line and shading."""
    heavy = stream.flip(0.5)
    return Style(
        line_weight=stream.between(1.6, 2.6) if heavy else stream.between(0.3, 0.6),
        line_darkness=stream.between(0.7, 1.0) if heavy else stream.between(0.0, 0.3),
        shade_strength=stream.between(0.0, 0.35) if stream.flip(0.5) else stream.between(1.4, 1.9),
        highlight=stream.between(0.0, 0.5),
        eye_scale=stream.between(0.70, 0.90),
        head_scale=stream.between(0.88, 0.96),
        saturation=stream.between(0.45, 0.85),
    )


def sample_characters(count: int, seed: int, split: str = "default", start: int = 0) -> list[Character]:
    """Characters start .. start + count - 1 of a split."""
    if split not in SPLITS:
        raise ValueError(f"split must be one of {', '.join(SPLITS)}; got {split!r}.")
    if count < 0 or start < 0:
        raise ValueError(f"count and start must be 0 or more; got count {count}, start {start}.")
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed must be a whole number from 0 to 2^63-1; got {seed}.")
    characters = []
    for index in range(start, start + count):
        stream = _Stream(seed, split, index)
        values = _independent(stream) if split == "independent" else _default(stream)
        style = _other_style(stream) if split == "other_style" else HOUSE_STYLE
        characters.append(Character(values, style, stream.whole()))
    return characters
