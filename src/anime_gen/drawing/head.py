"""The measures that all layers of one head of hair share."""

from dataclasses import dataclass

from anime_gen.drawing.character import Character
from anime_gen.drawing.colours import Palette, hsl
from anime_gen.drawing.curves import Points
from anime_gen.drawing.locks import Brush, brush
from anime_gen.drawing.nuisance import Nuisance
from anime_gen.drawing.pose import Pose
from anime_gen.drawing.raster import Colour


@dataclass(frozen=True)
class Head:
    """Measures of one head of hair."""

    character: Character
    pose: Pose
    tones: Palette
    brush: Brush
    chance: Nuisance
    style: str
    length: float
    radius_x: float  # of the hair over the skull
    top: float  # y of the crown
    tie: Colour  # of the bands around tails

    @property
    def blunt(self) -> bool:
        """A straight-cut fringe and side locks."""
        return self.style == "hime"

    @property
    def hangs(self) -> bool:
        """The hair at the back hangs loose, so that its length shows there."""
        return self.style in ("loose", "hime")

    def row(self, start: int, count: int, column: int) -> Points:
        """Jitter [count] in [-1, 1) of this head's own locks."""
        return self.chance.jitter[start : start + count, column]


def head_of_hair(character: Character, pose: Pose, tones: Palette, chance: Nuisance) -> Head:
    """The hair's measures."""
    volume = character.number("hair_volume")
    return Head(
        character=character,
        pose=pose,
        tones=tones,
        brush=brush(character, pose, tones),
        chance=chance,
        style=str(character.attributes["hair_style"]),
        length=character.number("hair_length"),
        radius_x=pose.half_width + 0.022 + 0.072 * volume,
        top=0.105 - 0.06 * volume,
        tie=hsl(190.0 + 210.0 * chance.draws[28], 0.70, 0.55),
    )
