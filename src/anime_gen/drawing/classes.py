"""Named regions of attribute space: expression, hair colour, eye colour, and what does not apply to a face.

Every border is a number in this file. Regions are half-open: a value on a border belongs to the region above it.
"""

from collections.abc import Mapping

Values = Mapping[str, float | str]

EYES_CLOSED_BELOW = 0.12  # eye_openness under which the drawing shows lids only, no iris

HAIR_BLACK_BELOW = 0.16  # hair_lightness
HAIR_GREY_BELOW = 0.18  # hair_saturation
HAIR_WHITE_FROM = 0.68  # hair_lightness, when grey
HAIR_BROWN_BELOW = 0.46  # hair_lightness, for orange and yellow hues
HAIR_PINK_FROM = 0.62  # hair_lightness, for red hues
HAIR_HUES = (  # upper border in degrees, class
    *((14.0, "red"), (38.0, "orange"), (66.0, "blonde"), (160.0, "green"), (196.0, "aqua")),
    *((252.0, "blue"), (296.0, "purple"), (344.0, "pink"), (360.0, "red")),
)

EYE_BLACK_BELOW = 0.15  # eye_lightness
EYE_BROWN_BELOW = 0.42  # eye_lightness, for orange and yellow hues
EYE_HUES = (
    *((14.0, "red"), (38.0, "orange"), (66.0, "yellow"), (160.0, "green"), (196.0, "aqua")),
    *((252.0, "blue"), (296.0, "purple"), (344.0, "pink"), (360.0, "red")),
)


def _named_hue(hue: float, table: tuple[tuple[float, str], ...]) -> str:
    return next(name for upper, name in table if hue < upper)


def expression(smile: float, mouth_open: float, brow_angle: float, brow_height: float) -> str:
    """The named expression; the first region that fits wins, neutral is the rest."""
    if mouth_open >= 0.45 and brow_height >= 0.6 and abs(smile) < 0.35:
        return "surprised"
    if brow_angle >= 0.35:
        return "smug" if smile >= 0.35 else "angry"
    if smile >= 0.35:
        return "happy"
    if smile < -0.2 and brow_angle < -0.2:
        return "sad"
    return "neutral"


def hair_color(hue: float, saturation: float, lightness: float) -> str:
    """The named hair colour; hue in degrees [0, 360), the others 0..1."""
    if lightness < HAIR_BLACK_BELOW:
        return "black"
    if saturation < HAIR_GREY_BELOW:
        return "white" if lightness >= HAIR_WHITE_FROM else "gray"
    name = _named_hue(hue, HAIR_HUES)
    if name in ("orange", "blonde") and lightness < HAIR_BROWN_BELOW:
        return "brown"
    if name == "red" and lightness >= HAIR_PINK_FROM:
        return "pink"
    return name


def eye_color(hue: float, lightness: float) -> str:
    """The named eye colour; hue in degrees [0, 360), lightness 0..1."""
    if lightness < EYE_BLACK_BELOW:
        return "black"
    name = _named_hue(hue, EYE_HUES)
    if name in ("orange", "yellow") and lightness < EYE_BROWN_BELOW:
        return "brown"
    return name


def _numbers(values: Values, *names: str) -> tuple[float, ...]:
    return tuple(float(values[name]) for name in names)


def derive(values: Values) -> dict[str, str]:
    """The derived classes of a complete set of stored attributes."""
    return {
        "expression": expression(*_numbers(values, "smile", "mouth_open", "brow_angle", "brow_height")),
        "hair_color": hair_color(*_numbers(values, "hair_hue", "hair_saturation", "hair_lightness")),
        "eye_color": eye_color(*_numbers(values, "eye_hue", "eye_lightness")),
    }


def not_applicable(values: Values) -> frozenset[str]:
    """Names of attributes that cannot be seen on this face: their label is None."""
    hidden: set[str] = set()
    classes = derive(values)
    if values["glasses"] == 0.0:
        hidden |= {"glasses_size", "glasses_rim"}
    if classes["hair_color"] in ("black", "gray", "white"):
        hidden.add("hair_hue")
    if classes["hair_color"] == "black":
        hidden.add("hair_saturation")
    if classes["eye_color"] == "black":
        hidden.add("eye_hue")
    if float(values["eye_openness"]) < EYES_CLOSED_BELOW:
        hidden |= {"eye_hue", "eye_lightness", "eye_color", "pupil_size", "eye_ratio"}
    if values["hair_style"] == "hime":
        hidden.add("hair_parting")  # a blunt fringe has none
    return frozenset(hidden)
