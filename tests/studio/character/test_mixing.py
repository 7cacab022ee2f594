"""Two characters in one: by traits, and by layers."""

import json
from dataclasses import replace

import numpy as np
import pytest

from anime_gen.serving.rendering import Picture, Renderer
from anime_gen.studio import Editor, Recipe, recipe_of
from anime_gen.studio.character.history import History
from anime_gen.studio.character.mixing import levels, taken, with_layers
from anime_gen.studio.finding.finder import Finder
from anime_gen.studio.project.document import Document, DocumentError

OWN, DONOR = Recipe(seed=4, targets={"hair_length": 0.9}, locks=("smile",)), Recipe(seed=9)


@pytest.fixture(scope="module")
def both(tag_renderer: Renderer) -> tuple[Picture, Picture]:
    return Editor(tag_renderer, OWN).picture, Editor(tag_renderer, DONOR).picture


def test_mixing_takes_what_is_seen_and_leaves_what_follows_and_what_is_locked(tag_renderer: Renderer):
    vocabulary = tag_renderer.bundle.tagger.vocabulary
    donor = {"hair_length": 0.8, "bangs": 1.03, "hair_hue": 10.0, "hair_color": "red", "glasses": 0.91, "smile": 0.2}
    wishes = taken(vocabulary, donor, ["bangs", "hair_hue", "hair_color", "glasses", "smile"], locks=("smile",))
    assert wishes == {"bangs": 1.0, "hair_hue": 10.0, "glasses": 1.0}


def test_all_layers_make_the_other_character_and_each_a_part(both: tuple[Picture, Picture], tag_renderer: Renderer):
    own, donor = both
    every = Editor(tag_renderer, with_layers(OWN, own, donor, levels(own)))
    assert (every.picture.pixels == donor.pixels).all()
    parts = [Editor(tag_renderer, with_layers(OWN, own, donor, [name])).picture.pixels for name in levels(own)]
    shown = {pixels.tobytes() for pixels in [own.pixels, donor.pixels, *parts]}
    assert len(shown) == 2 + len(parts)


def test_a_mixed_character_is_itself_again_from_its_file(both: tuple[Picture, Picture], tag_renderer: Renderer):
    mixed = Editor(tag_renderer, with_layers(OWN, *both, ["coarse"]))
    assert mixed.recipe.locks == ("smile",)
    png = mixed.png()
    again = Editor(tag_renderer)
    again.open_file(png)
    assert again.png() == png
    assert recipe_of(png).seed is None
    assert set(again.picture.reach) == {"hair_length", "bangs", "smile"}  # its sliders know how far they go


def test_relatives_of_a_mixed_character_are_found(both: tuple[Picture, Picture], tag_renderer: Renderer):
    recipe, finder = with_layers(OWN, *both, ["coarse"]), Finder(tag_renderer)
    found = finder.near(recipe, finder.measured(recipe), 0.4, 2)
    assert [one.recipe.latent for one in found] == [recipe.latent] * 2


def test_a_project_writes_a_mixed_character_once(both: tuple[Picture, Picture]):
    recipe = with_layers(OWN, *both, ["fine"])
    document = Document(History(Recipe(seed=1)))
    for step in range(20):
        document.history.push(recipe.with_target("bangs", step / 20))
    document.keep(replace(recipe, measured={"bangs": 0.2}))
    text = document.to_json()
    assert len(text) < 2 * len(recipe.to_json()) + 20 * 500
    again = Document.from_json(text)
    assert again.history.steps == document.history.steps
    assert again.cast == document.cast
    content = json.loads(text)
    for latents in ([], [None], 7, [[["x"]]]):
        with pytest.raises(DocumentError):
            Document.from_json(json.dumps(content | {"latents": latents}))


def test_the_numbers_of_a_latent_are_short_and_exact(both: tuple[Picture, Picture]):
    own, donor = both
    latent = with_layers(OWN, own, donor, levels(own)).latent
    assert (np.array(latent, np.float32) == donor.ws[0].numpy()).all()
    assert max(len(str(value)) for row in latent or () for value in row) < 16
