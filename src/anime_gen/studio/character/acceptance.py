"""Whether a recipe from outside can be opened with this model: all that could go wrong is found before it is."""

from dataclasses import replace

import numpy as np
import torch

from anime_gen.serving.bundle import Bundle
from anime_gen.serving.rendering import checked
from anime_gen.studio.character.recipe import Recipe, RecipeError

FARTHEST = 10.0
"""A latent lies at most so many times as far from the average face as characters usually do."""


def accepted(recipe: Recipe, bundle: Bundle) -> Recipe:
    """The recipe with its targets read in the model's units.

    Raises `RecipeError`: it is of another model (its numbers would make another face), asks for what this one does not
    measure, or holds a latent that cannot be a face.
    """
    if recipe.model_sha256 != bundle.sha256:
        raise RecipeError(
            f"This picture was made by another model ({recipe.model_sha256[:12] or 'unnamed'}; open here is "
            f"{bundle.sha256[:12]}). The same numbers would make another face, so it is not opened. If that model is "
            "among the versions on the page Model, choose it there first."
        )
    vocabulary = bundle.tagger.vocabulary
    try:
        targets = {name: checked(name, value, vocabulary) for name, value in recipe.targets.items()}
    except ValueError as error:
        raise RecipeError(f"The recipe asks for something this model does not have: {error}.") from error
    if unknown := [name for name in recipe.locks if name not in vocabulary]:
        raise RecipeError(f"The recipe locks {unknown[0]!r}, which this model does not measure.")
    if recipe.latent is not None:
        latent_of(recipe, bundle)
    return replace(recipe, targets=targets)


def can_be_shown(recipe: Recipe, bundle: Bundle) -> bool:
    """Whether `accepted` would take a recipe."""
    try:
        accepted(recipe, bundle)
    except RecipeError:
        return False
    return True


def latent_of(recipe: Recipe, bundle: Bundle) -> torch.Tensor:
    """The recipe's own latent as ws [1, num_ws, w_dim]; RecipeError if it is of another size or no face."""
    ws = torch.from_numpy(np.array(recipe.latent, dtype=np.float32))[None]
    wanted = (bundle.generator.num_ws, bundle.generator.config.w_dim)
    if tuple(ws.shape[1:]) != wanted:
        raise RecipeError(f"The recipe's latent is {tuple(ws.shape[1:])}; this model needs {wanted}.")
    space = bundle.directions.space
    usual = float(space.deviations.norm())
    if float((ws[0] - space.mean).norm(dim=1).max()) > FARTHEST * usual:
        raise RecipeError(
            "The recipe's numbers lie far outside anything that is a face: the file was damaged or edited by hand."
        )
    return ws
