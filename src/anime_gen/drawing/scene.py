"""A character as marks from back to front, and what is made from them: the picture and the region masks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anime_gen.drawing import accessories, back_hair, clothing, eyes, face, front_hair
from anime_gen.drawing.character import Character
from anime_gen.drawing.colours import palette
from anime_gen.drawing.head import head_of_hair
from anime_gen.drawing.mouth import mouth
from anime_gen.drawing.nuisance import nuisance
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
    head = head_of_hair(character, stand, tones, chance)
    shoulders, collar = clothing.body(stand, chance)
    marks: list[Mark] = [
        *back_hair.back_hair(head),
        *back_hair.tails(head),
        *back_hair.spikes(head),
        *back_hair.buns(head),
        *shoulders,
        *face.neck(stand, tones),
        *collar,
        *face.ears(stand, tones),
        *face.skin(stand, tones, front_hair.fringe_shadow(head)),
        *face.cheeks(stand, tones, character.number("blush")),
        *face.nose(stand, tones),
        *mouth(character, stand, tones),
    ]
    for side in (-1.0, 1.0):
        marks += eyes.eye(character, stand, tones, side)
        marks += eyes.lashes(character, stand, tones, side)
    marks += [
        *front_hair.cap(head),
        *front_hair.side_locks(head),
        *front_hair.fringe(head),
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
    """Which pixels show which part: boolean [size_px, size_px] by part name.

    A pixel on an edge belongs to both sides; `cheeks` lie over the skin without hiding it.
    """
    _check_size(size_px)
    return region_masks(marks_of(character)[1], size_px)
