"""The vocabulary of a drawn face: each attribute, its kind, its exact range, and the parts it may change."""

import math
from dataclasses import dataclass

HAIR = ("hair_back", "hair", "hair_front")
EYES = ("eyes", "lashes")
FACE = ("skin", "nose", "mouth", "brows", "neck", *EYES)
HEAD = (*FACE, *HAIR, "glasses", "hat", "ribbon", "animal_ears", "cheeks")
ALL = (*HEAD, "background", "clothes")


@dataclass(frozen=True)
class AttributeSpec:
    """One attribute of a drawn face.

    `kind` is continuous, cyclic (degrees, `high` is the same as `low`), binary (0.0 or 1.0) or categorical (one of
    `classes`). `region` names the parts of `masks()` whose pixels may change when only this attribute changes.
    `derived_from` is empty for what a character stores; a derived attribute is an exact function of those attributes.
    """

    name: str
    kind: str
    low: float
    high: float
    unit: str
    classes: tuple[str, ...]
    region: tuple[str, ...]
    group: str
    help: str
    derived_from: tuple[str, ...] = ()

    def check(self, value: float | str | None) -> float | str:
        """The value as it is stored, a float or a class name; ValueError names the attribute and what is allowed."""
        if self.derived_from:
            raise ValueError(f"{self.name} follows from {', '.join(self.derived_from)}; set those instead.")
        if self.kind == "categorical":
            if value not in self.classes:
                raise ValueError(f"{self.name} must be one of {', '.join(self.classes)}; got {value!r}.")
            return str(value)
        number = math.nan if value is None or isinstance(value, str) else float(value)
        if self.kind == "cyclic" and number == self.high:
            return self.low
        whole = self.kind != "binary" or number in (0.0, 1.0)
        if not (whole and self.low <= number <= self.high):  # false for nan as well
            raise ValueError(f"{self.name} must be {self.allowed}; got {value!r}.")
        return number + 0.0  # -0.0 becomes 0.0, so that equal characters have equal JSON

    @property
    def allowed(self) -> str:
        """The allowed values in words, for messages and tables."""
        if self.kind == "categorical":
            return "one of " + ", ".join(self.classes)
        if self.kind == "binary":
            return "0 or 1"
        unit = f" {self.unit}" if self.unit else ""
        return f"a number from {self.low:g} to {self.high:g}{unit}"


def _continuous(
    name: str, group: str, region: tuple[str, ...], help_text: str, low: float = 0.0, high: float = 1.0
) -> AttributeSpec:
    return AttributeSpec(name, "continuous", low, high, "", (), region, group, help_text)


def _signed(name: str, group: str, region: tuple[str, ...], help_text: str) -> AttributeSpec:
    return _continuous(name, group, region, help_text, low=-1.0)


def _hue(name: str, group: str, region: tuple[str, ...], help_text: str) -> AttributeSpec:
    return AttributeSpec(name, "cyclic", 0.0, 360.0, "degrees", (), region, group, help_text)


def _binary(name: str, group: str, region: tuple[str, ...], help_text: str) -> AttributeSpec:
    return AttributeSpec(name, "binary", 0.0, 1.0, "", ("no", "yes"), region, group, help_text)


def _classes(
    name: str,
    group: str,
    region: tuple[str, ...],
    help_text: str,
    classes: tuple[str, ...],
    derived_from: tuple[str, ...] = (),
) -> AttributeSpec:
    return AttributeSpec(name, "categorical", 0.0, 0.0, "", classes, region, group, help_text, derived_from)


HAIR_STYLES = ("loose", "hime", "twin_tails", "ponytail", "buns")
GLASSES_RIMS = ("round", "square", "half")
EXPRESSIONS = ("neutral", "happy", "sad", "angry", "surprised", "smug")
HAIR_COLORS = (
    *("aqua", "black", "blonde", "blue", "brown", "gray"),
    *("green", "orange", "pink", "purple", "red", "white"),
)
EYE_COLORS = ("aqua", "black", "blue", "brown", "green", "orange", "pink", "purple", "red", "yellow")

_HAIR_PAINT = (*HAIR, "brows", "lashes", "eyes", "animal_ears")  # brows, lashes and ears take the colour of the hair
_HAIR_SHAPE = (*HAIR, "skin")  # the fringe throws a shadow on the skin
_ON_HAIR = ("hat", "ribbon", "animal_ears")

_SPECS = (
    _continuous("hair_length", "hair", HAIR, "0 ends at the jaw, 1 flows out of the picture"),
    _continuous("hair_volume", "hair", (*_HAIR_SHAPE, *_ON_HAIR), "how far the hair stands off the skull"),
    _continuous("bangs", "hair", _HAIR_SHAPE, "length of the fringe: forehead bare at 0, down to the eyes at 1"),
    _signed("hair_parting", "hair", _HAIR_SHAPE, "where the hair parts, from picture left to picture right"),
    _continuous("hair_curl", "hair", _HAIR_SHAPE, "straight at 0, wavy at 1"),
    _continuous("hair_spikiness", "hair", _HAIR_SHAPE, "rounded locks at 0, spikes at 1"),
    _classes("hair_style", "hair", _HAIR_SHAPE, "how the hair is worn", HAIR_STYLES),
    _hue("hair_hue", "hair", _HAIR_PAINT, "hue of the hair: 0 red, 120 green, 240 blue"),
    _continuous("hair_saturation", "hair", _HAIR_PAINT, "grey at 0, vivid at 1"),
    _continuous("hair_lightness", "hair", _HAIR_PAINT, "black at 0, nearly white at 1"),
    _continuous("eye_size", "eyes", EYES, "size of the eyes"),
    _continuous("eye_ratio", "eyes", EYES, "long eyes at 0, tall eyes at 1"),
    _signed("eye_tilt", "eyes", EYES, "outer corners down at -1, up at 1"),
    _continuous("eye_spacing", "eyes", (*EYES, "brows"), "distance between the eyes"),
    _continuous("eye_openness", "eyes", EYES, "closed at 0, wide open at 1"),
    _hue("eye_hue", "eyes", EYES, "hue of the irises"),
    _continuous("eye_lightness", "eyes", EYES, "black at 0, bright at 1"),
    _continuous("pupil_size", "eyes", EYES, "size of the pupils"),
    _signed("brow_angle", "expression", ("brows",), "worried at -1 (inner ends up), fierce at 1 (inner ends down)"),
    _continuous("brow_height", "expression", ("brows",), "low at 0, raised at 1"),
    _signed("smile", "expression", ("mouth",), "corners of the mouth: down at -1, up at 1"),
    _continuous("mouth_open", "expression", ("mouth",), "closed at 0, wide open at 1"),
    _continuous("face_width", "face", HEAD, "narrow at 0, wide at 1"),
    _continuous("chin_length", "face", ("skin", "neck", "nose", "mouth"), "short chin at 0, long chin at 1"),
    _continuous("skin_tone", "face", (*FACE, "cheeks"), "pale at 0, deep at 1"),
    _continuous("blush", "face", ("cheeks",), "redness of the cheeks"),
    _signed("head_turn", "face", ALL, "turned to picture left at -1, to picture right at 1"),
    _signed("head_tilt", "face", ALL, "leaning to picture left at -1, to picture right at 1"),
    _signed("light_side", "face", ALL, "light from picture left at -1, from picture right at 1"),
    _binary("glasses", "eyewear", ("glasses",), "wears glasses"),
    _continuous("glasses_size", "eyewear", ("glasses",), "size of the lenses"),
    _classes("glasses_rim", "eyewear", ("glasses",), "shape of the rims", GLASSES_RIMS),
    _binary("hat", "accessories", ("hat",), "wears a beret"),
    _binary("ribbon", "accessories", ("ribbon",), "wears a bow in the hair"),
    _binary("animal_ears", "accessories", ("animal_ears",), "has cat ears"),
    _classes(
        *("expression", "expression", ("mouth", "brows"), "named region of brows and mouth"),
        EXPRESSIONS,
        ("smile", "mouth_open", "brow_angle", "brow_height"),
    ),
    _classes(
        *("hair_color", "hair", _HAIR_PAINT, "named region of hair hue, saturation and lightness"),
        HAIR_COLORS,
        ("hair_hue", "hair_saturation", "hair_lightness"),
    ),
    _classes(
        *("eye_color", "eyes", EYES, "named region of eye hue and lightness"),
        EYE_COLORS,
        ("eye_hue", "eye_lightness"),
    ),
)

ATTRIBUTES: dict[str, AttributeSpec] = {spec.name: spec for spec in _SPECS}
STORED: tuple[str, ...] = tuple(name for name, spec in ATTRIBUTES.items() if not spec.derived_from)
DERIVED: tuple[str, ...] = tuple(name for name, spec in ATTRIBUTES.items() if spec.derived_from)


def attribute_spec(name: str) -> AttributeSpec:
    """The specification of one attribute; ValueError lists the names when there is none such."""
    if name not in ATTRIBUTES:
        raise ValueError(f"There is no drawn attribute {name!r}; there are {', '.join(ATTRIBUTES)}.")
    return ATTRIBUTES[name]
