"""A character as marks from back to front, and what is made from them: the picture and the region masks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anime_gen.drawing import accessories, clothing, eyes, face, hair
from anime_gen.drawing.character import Character
from anime_gen.drawing.colours import nuisance, palette
from anime_gen.drawing.mouth import mouth
from anime_gen.drawing.pose import pose
from anime_gen.drawing.raster import Mark, picture
from anime_gen.drawing.regions import region_masks

MIN_SIZE, MAX_SIZE = 16, 1024


def _check_size(size_px: int) -> None:
    if not MIN_SIZE <= size_px <= MAX_SIZE:
        raise ValueError(f"size_px must be from {MIN_SIZE} to {MAX_SIZE}; got {size_px}.")


def marks_of(character: Character) -> tuple[NDArray[np.uint8], Sequence[Mark]]:
    """Background control colours and the marks of a character, from back to front."""
    stand, tones, chance = pose(character), palette(character), nuisance(character.seed)
    head = hair.head(character, stand, tones, chance)
    marks: list[Mark] = [
        *hair.back_hair(head),
        *hair.tails(head),
        *hair.spikes(head),
        *hair.buns(head),
        *clothing.body(stand, chance)[:2],
        *face.neck(stand, tones),
        *clothing.body(stand, chance)[2:],
        *face.ears(stand, tones),
        *face.skin(stand, tones, hair.fringe_shadow(head)),
        *face.cheeks(stand, tones, character.number("blush")),
        *face.nose(stand, tones),
        *mouth(character, stand, tones),
    ]
    for side in (-1.0, 1.0):
        marks += eyes.eye(character, stand, tones, side)
        marks += eyes.lashes(character, stand, tones, side)
    marks += [
        *hair.cap(head),
        *hair.side_locks(head),
        *hair.fringe(head),
        *eyes.brows(character, stand, tones),
        *accessories.glasses(character, stand, chance),
        *accessories.hat(character, head),
        *accessories.animal_ears(character, head, tones),
        *accessories.ribbon(character, head),
    ]
    return clothing.background(chance.draws), marks


def render(character: Character, size_px: int) -> NDArray[np.uint8]:
    """The picture of a character: uint8 [size_px, size_px, 3]. Same character and size, same bytes."""
    _check_size(size_px)
    background, marks = marks_of(character)
    return picture(background, marks, size_px)


def masks(character: Character, size_px: int) -> dict[str, NDArray[np.bool_]]:
    """Which pixels show which part: boolean [size_px, size_px] by part name; a pixel on an edge belongs to both sides."""
    _check_size(size_px)
    return region_masks(marks_of(character)[1], size_px)
