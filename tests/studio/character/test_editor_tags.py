"""The document of a generator that knows tags: wishes go through them, and every result says what became of it."""

import itertools

import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anime_gen.latent.outcome import AS_ASKED, shortfall
from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, Recipe

WISHES = {"hair_length": 0.6, "bangs": 0.4, "hair_hue": 200.0, "smile": -0.5, "glasses": 1.0}


def test_a_move_reaches_what_is_asked_or_says_why_not(tag_renderer: Renderer):
    for seed, (name, wish) in itertools.product(range(2), WISHES.items()):
        editor = Editor(tag_renderer, Recipe(seed=seed))
        before = editor.picture.pixels
        editor.set_target(name, wish)
        outcome = editor.picture.outcomes[name]
        short = shortfall(tag_renderer.bundle.tagger.vocabulary[name], wish, editor.picture.measured[name])
        assert outcome.reason or short <= AS_ASKED
        assert outcome.reason or not np.array_equal(before, editor.picture.pixels)
        editor.history.undo()
        assert np.array_equal(before, editor.picture.pixels)


def test_a_move_goes_through_g_alone(tag_renderer: Renderer):
    """The same addition for every layer: nothing but tags has changed."""
    ws, tags = tag_renderer.latent(3, 0.7), tag_renderer.tags(3)
    moved = tag_renderer.render(ws, {"bangs": 0.7}, tags=tags).ws - ws
    torch.testing.assert_close(moved, moved[:, :1].expand_as(moved))


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), names=st.permutations(list(WISHES)), count=st.integers(1, 5))
def test_a_recipe_gives_the_same_bytes_whichever_way_it_was_made(tag_renderer: Renderer, seed, names, count):
    editor = Editor(tag_renderer, Recipe(seed=seed))
    for name in names[:count]:
        editor.set_target(name, WISHES[name])
    png = editor.png()
    other = Editor(tag_renderer)
    other.open_file(png)
    assert np.array_equal(editor.picture.pixels, other.picture.pixels)
    assert other.png() == png


def test_every_wish_has_an_outcome(tag_renderer: Renderer):
    wishes = WISHES | {"hair_color": "aqua"}
    outcomes = Editor(tag_renderer, Recipe(seed=5, targets=wishes)).picture.outcomes
    assert set(outcomes) == set(wishes)
    for name, outcome in outcomes.items():
        assert outcome.asked == wishes[name]


def test_a_lock_holds_through_every_move(tag_renderer: Renderer):
    for seed, wish in itertools.product(range(3), (0.1, 0.9)):
        editor = Editor(tag_renderer, Recipe(seed=seed))
        before = float(editor.unchanged["bangs"])
        editor.set_lock("bangs", True)
        editor.set_target("hair_length", wish)
        assert abs(float(editor.picture.measured["bangs"]) - before) <= 0.051


def test_a_latent_without_tags_can_be_edited_too(tag_renderer: Renderer):
    rows = tuple(tuple(map(float, row)) for row in tag_renderer.latent(4, 0.7)[0])
    editor = Editor(tag_renderer, Recipe(seed=None, latent=rows))
    before = editor.picture.pixels
    editor.set_target("glasses", 1.0)
    assert editor.picture.outcomes["glasses"].asked == 1.0
    assert editor.picture.pixels.shape == before.shape
