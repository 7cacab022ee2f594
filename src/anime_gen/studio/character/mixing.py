"""Mix two characters: by attributes, where what one shows becomes a wish of the other; or by layers of the network.

Layers are exchanged as in style mixing (Karras et al. 2019, section 3.1): coarse ones hold what is large in a picture,
fine ones its colours.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.latent.mixing import level_layers, mix_levels
from anime_gen.serving.rendering import Picture, Value
from anime_gen.studio.character.recipe import IMPORTED, Latent, Recipe


def levels(picture: Picture) -> list[str]:
    """The groups of layers that its model has, from coarse to fine."""
    return list(level_layers(picture.ws.shape[1]))


def with_layers(recipe: Recipe, own: Picture, donor: Picture, names: Collection[str]) -> Recipe:
    """The character of `recipe`, seen in `own`, with the named levels of another one of the same model.

    What was wished so far is in the latent that it becomes; locks stay. Raises ValueError for an unknown level.
    """
    ws = mix_levels(own.ws, donor.ws, dict.fromkeys(names, 1.0))[0]
    extra = {key: value for key, value in recipe.extra.items() if key not in IMPORTED}
    return replace(recipe, seed=None, latent=latent_numbers(ws), targets={}, measured={}, extra=extra)


def takeable(vocabulary: Vocabulary, donor: Mapping[str, Value]) -> list[str]:
    """Attributes that can be taken from a measured character: those that can be seen on it."""
    return [
        name
        for name, attribute in vocabulary.items()
        if name in donor and (not attribute.shown_with or float(donor.get(attribute.shown_with, 0.0)) >= 0.5)
    ]


def taken(
    vocabulary: Vocabulary, donor: Mapping[str, Value], names: Sequence[str], locks: Collection[str] = ()
) -> dict[str, Value]:
    """The wishes that bring the donor's `names` over; locked ones stay.

    A name that others decide (a colour's) is left out when those come along.
    """
    wishes: dict[str, Value] = {}
    for name in names:
        attribute = vocabulary[name]
        if name in locks or set(attribute.decided_by) & set(names):
            continue
        wishes[name] = as_wish(attribute, donor[name])
    return wishes


def as_wish(attribute: Attribute, value: Value) -> Value:
    """A measured value as something that can be asked for: inside the range, and a plain yes or no."""
    if isinstance(value, str):
        return value
    if attribute.kind == "binary":
        return float(value >= 0.5)
    return value % 360.0 if attribute.kind == "cyclic" else min(max(value, attribute.low), attribute.high)


def latent_numbers(ws: torch.Tensor) -> Latent:
    """Ws [num_ws, w_dim] as a recipe holds it."""
    return tuple(tuple(_shortest(value) for value in row) for row in ws.numpy())


def _shortest(value: np.float32) -> float:
    """The number with the fewest digits that is this one in single precision: half as long in a file."""
    return float(str(value))
