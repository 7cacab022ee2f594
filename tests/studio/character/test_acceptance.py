from dataclasses import replace

import numpy as np
import pytest

from anime_gen.serving.bundle import Bundle
from anime_gen.studio.character.acceptance import accepted
from anime_gen.studio.character.recipe import Recipe, RecipeError


def latent(bundle: Bundle, factor: float) -> Recipe:
    mean = bundle.directions.space.mean.numpy()
    rows = np.repeat((mean + factor)[None], bundle.generator.num_ws, 0)
    return Recipe(seed=None, latent=tuple(map(tuple, rows.tolist())), model_sha256=bundle.sha256)


def test_a_face_of_ones_own_is_accepted(bundle: Bundle):
    assert accepted(latent(bundle, 0.1), bundle) == latent(bundle, 0.1)


@pytest.mark.parametrize("factor", [1e3, 1e6, -9e5])
def test_numbers_that_are_no_face_are_refused(bundle: Bundle, factor: float):
    with pytest.raises(RecipeError, match="damaged or edited"):
        accepted(latent(bundle, factor), bundle)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"model_sha256": "ab" * 32}, "another model"),
        ({"targets": {"wings": 1.0}}, "wings"),
        ({"targets": {"bangs": 7.0}}, "bangs"),
        ({"locks": ("wings",)}, "does not measure"),
        ({"seed": None, "latent": ((1.0, 2.0),)}, "this model needs"),
    ],
)
def test_what_this_model_cannot_open_is_named(bundle: Bundle, changes: dict, word: str):
    with pytest.raises(RecipeError, match=word):
        accepted(replace(Recipe(seed=1, model_sha256=bundle.sha256), **changes), bundle)
