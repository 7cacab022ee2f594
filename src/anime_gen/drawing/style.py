"""How a face is drawn, apart from what it is: line, shading and proportions."""

from dataclasses import asdict, dataclass, fields


@dataclass(frozen=True)
class Style:
    """Factors around the house style (all 1.0) except where a range says otherwise."""

    line_weight: float = 1.0  # 0.2..3: width of every line
    line_darkness: float = 0.0  # 0..1: 0 lines in the darker local colour, 1 black lines
    shade_strength: float = 1.0  # 0..2: contrast of the two tones; 0 is flat colour
    highlight: float = 1.0  # 0..1: strength of the hair's highlight band
    eye_scale: float = 1.0  # 0.6..1.2
    head_scale: float = 1.0  # 0.8..1.1
    saturation: float = 1.0  # 0..1.2: of every colour except the eyes

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    def __post_init__(self) -> None:
        for field in fields(self):
            low, high = STYLE_RANGES[field.name]
            value = getattr(self, field.name)
            if isinstance(value, bool | str) or not low <= value <= high:
                raise ValueError(f"Style.{field.name} must be a number from {low:g} to {high:g}; got {value!r}.")
            object.__setattr__(self, field.name, float(value))

    def as_dict(self) -> dict[str, float]:
        """Plain numbers by name, for JSON."""
        return asdict(self)


STYLE_RANGES: dict[str, tuple[float, float]] = {
    "line_weight": (0.2, 3.0),
    "line_darkness": (0.0, 1.0),
    "shade_strength": (0.0, 2.0),
    "highlight": (0.0, 1.0),
    "eye_scale": (0.6, 1.2),
    "head_scale": (0.8, 1.1),
    "saturation": (0.0, 1.2),
}

HOUSE_STYLE = Style()
