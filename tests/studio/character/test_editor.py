from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from anime_gen.serving.bundle import Bundle
from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, Recipe, RecipeError, random_seed


@pytest.fixture
def editor(renderer: Renderer) -> Editor:
    return Editor(renderer, Recipe(seed=11))


def test_a_wish_changes_the_picture_and_undo_brings_it_back(editor: Editor):
    before = editor.picture.pixels
    editor.set_target("hair_length", 1.0)
    wished = editor.picture.pixels
    assert not np.array_equal(before, wished)
    editor.history.undo()
    assert np.array_equal(before, editor.picture.pixels)
    editor.history.redo()
    assert np.array_equal(wished, editor.picture.pixels)


def test_a_wish_moves_what_is_measured_towards_it(editor: Editor):
    before = float(editor.unchanged["hair_length"])
    editor.set_target("hair_length", min(1.0, before + 0.1))
    assert float(editor.picture.measured["hair_length"]) > before


def test_the_road_to_a_state_does_not_matter(renderer: Renderer, editor: Editor):
    for value in (0.1, 0.9, 0.4):
        editor.set_target("bangs", value)
        _ = editor.picture
    assert np.array_equal(editor.picture.pixels, Editor(renderer, editor.recipe).picture.pixels)


def test_every_kind_of_attribute_can_be_wished(editor: Editor):
    wishes = {"hair_length": 0.6, "hair_hue": 200.0, "hair_color": "aqua", "smile": -0.5, "glasses": 1.0}
    for name, value in wishes.items():
        editor.set_target(name, value)
    assert dict(editor.recipe.targets) == wishes
    assert set(editor.picture.measured) == {*wishes, "bangs"}
    assert editor.picture.pixels.shape == (16, 16, 3)


def test_attributes_come_in_groups(editor: Editor):
    assert {group: [a.name for a in members] for group, members in editor.attributes.items()} == {
        "hair": ["hair_length", "bangs", "hair_hue", "hair_color"],
        "expression": ["smile"],
        "eyewear": ["glasses"],
    }


def test_reset_forgets_wishes_and_keeps_the_character(editor: Editor):
    before = editor.picture.pixels
    editor.set_target("smile", 0.5)
    editor.set_lock("bangs", True)
    editor.reset()
    assert (editor.recipe.targets, editor.recipe.locks, editor.recipe.seed) == ({}, (), 11)
    assert np.array_equal(before, editor.picture.pixels)


def test_another_character_may_keep_the_wishes(editor: Editor):
    editor.set_target("smile", 0.5)
    editor.new_character(12, keep_wishes=True)
    assert dict(editor.recipe.targets) == {"smile": 0.5}
    editor.new_character(13)
    assert dict(editor.recipe.targets) == {}


def test_diversity_changes_the_character(editor: Editor):
    before = editor.picture.pixels
    editor.set_psi(0.0)
    average = editor.picture.pixels
    assert not np.array_equal(before, average)
    editor.new_character(99)
    assert np.array_equal(average, editor.picture.pixels)


def test_impossible_wishes_are_refused_and_leave_no_step(editor: Editor):
    for name, value, word in [
        ("tail", 1.0, "unknown attribute"),
        ("hair_length", 2.0, "0 to 1"),
        ("hair_color", "plaid", "one of"),
        ("glasses", 1.5, "0 .no. to 1"),
        ("hair_length", float("nan"), "0 to 1"),
    ]:
        with pytest.raises(ValueError, match=word):
            editor.set_target(name, value)
    assert not editor.history.can_undo


def test_a_lock_holds_what_is_wished_and_refuses_another_wish(editor: Editor):
    editor.set_lock("bangs", True)
    with pytest.raises(ValueError, match="unlock"):
        editor.set_target("bangs", 0.5)
    editor.set_target("smile", 0.5)
    editor.set_lock("smile", True)
    assert editor.recipe.targets["smile"] == 0.5
    with pytest.raises(ValueError, match="unlock"):
        editor.set_target("smile", 0.6)
    editor.set_lock("smile", False)
    with pytest.raises(ValueError, match="unknown attribute"):
        editor.set_lock("tail", True)
    editor.set_lock("bangs", False)
    assert editor.recipe.locks == ()


def test_a_downloaded_picture_opens_with_the_same_bytes(editor: Editor, renderer: Renderer, tmp_path):
    editor.set_psi(0.9)
    editor.set_target("hair_color", "pink")
    editor.set_lock("smile", True)
    png = editor.png()
    (tmp_path / "picture.png").write_bytes(png)
    another = Editor(renderer)
    another.open_file(png)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "picture.png")), another.picture.pixels)
    assert another.png() == png
    assert another.history.can_undo


def test_a_picture_of_another_model_is_refused(editor: Editor, other_bundle_folder):
    other = Editor(Renderer(Bundle.load(other_bundle_folder)))
    with pytest.raises(RecipeError, match="another model"):
        editor.open_file(other.png())
    assert not editor.history.can_undo


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"targets": {"tail": 1.0}}, "unknown attribute"),
        ({"targets": {"smile": 9.0}}, "smile"),
        ({"locks": ("tail",)}, "tail"),
        ({"seed": None, "latent": ((0.0,) * 8,) * 5}, "needs"),
    ],
)
def test_recipes_that_ask_for_what_the_model_lacks_are_refused(editor: Editor, changes: dict, word: str):
    with pytest.raises(RecipeError, match=word):
        editor.open_recipe(replace(editor.recipe, **changes))


def test_a_latent_can_stand_for_the_seed(editor: Editor):
    latent = tuple(tuple(map(float, row)) for row in editor.picture.ws[0].numpy())
    expected = editor.picture.pixels
    editor.open_recipe(replace(editor.recipe, seed=None, latent=latent))
    assert np.array_equal(expected, editor.picture.pixels)


def test_random_seeds_fit_a_number_box():
    assert 0 <= random_seed() <= 999_999_999
    assert random_seed(5) == random_seed(5)
