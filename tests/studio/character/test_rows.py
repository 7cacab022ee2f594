"""What the page says about each attribute."""

from dataclasses import replace

import pytest

from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, Recipe
from anime_gen.studio.character.address import address_of, recipe_at
from anime_gen.studio.character.recipe import RecipeError
from anime_gen.studio.character.rows import rows


@pytest.fixture
def editor(tag_renderer: Renderer) -> Editor:
    return Editor(tag_renderer, Recipe(seed=3))


def row(editor: Editor, name: str) -> dict:
    return next(entry for entry in rows(editor, editor.picture) if entry["name"] == name)


def test_a_row_stands_where_the_picture_is_and_marks_what_is_asked(editor: Editor):
    assert row(editor, "bangs")["asked"] is None
    editor.set_target("bangs", 0.6)
    shown = row(editor, "bangs")
    assert shown["asked"] == 0.6
    assert shown["value"] == pytest.approx(min(max(editor.picture.measured["bangs"], 0.0), 1.0))
    assert shown["value"] == row(editor, "bangs")["value"]


def test_what_was_not_reached_is_said_with_its_reason(editor: Editor):
    for wish in (0.0, 1.0):
        editor.set_target("hair_length", wish)
        outcome, shown = editor.picture.outcomes["hair_length"], row(editor, "hair_length")
        assert bool(shown["reason"]) == bool(outcome.reason)
        if outcome.reason:
            assert f"of {wish:.2f}, because" in shown["reason"]


def test_the_reach_is_shown_before_anything_is_asked(editor: Editor):
    low, high = row(editor, "hair_length")["reach"]
    assert 0.0 <= low <= high <= 1.0


def test_a_wished_row_can_be_locked_and_says_how_well_it_holds(editor: Editor):
    editor.set_target("bangs", 0.5)
    editor.set_lock("bangs", True)
    assert editor.recipe.targets["bangs"] == 0.5
    assert "% of its range" in row(editor, "bangs")["held"]
    with pytest.raises(ValueError, match="locked"):
        editor.set_target("bangs", 0.6)
    with pytest.raises(ValueError, match="locked"):
        editor.glance("bangs", 0.6)


def test_a_glance_shows_another_picture_and_makes_no_step(editor: Editor):
    before, place = editor.picture, editor.history.place
    glimpsed = editor.glance("hair_length", 0.9)
    assert (glimpsed.pixels != before.pixels).any()
    assert editor.history.place == place
    assert editor.picture is before


def test_an_address_is_the_character(editor: Editor):
    editor.set_target("bangs", 0.625)
    editor.set_target("hair_color", "aqua")
    editor.set_lock("smile", True)
    vocabulary, sha256 = editor.bundle.tagger.vocabulary, editor.bundle.sha256
    assert recipe_at(address_of(editor.recipe), vocabulary, sha256) == editor.recipe


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"character": "1e3"},
        {"character": "-1"},
        {"character": "²"},
        {"character": "3", "diversity": "nan"},
        {"character": "3", "diversity": "9"},
        {"character": "3", "bangs": "x"},
        {"character": "3", "bangs": "inf"},
        {"character": "3", "hair_hue": "nan"},
        {"character": "3", "wings": "1"},
        {"character": "3", "lock": "wings"},
    ],
)
def test_an_address_that_names_no_character_is_refused(editor: Editor, address: dict[str, str]):
    with pytest.raises(RecipeError):
        recipe_at(address, editor.bundle.tagger.vocabulary, "")


def test_a_row_that_needs_glasses_is_off_without_them(editor: Editor, monkeypatch: pytest.MonkeyPatch):
    tagger = editor.bundle.tagger
    monkeypatch.setattr(tagger, "vocabulary", tagger.vocabulary.related({}, {"bangs": "glasses"}))
    for glasses, off in ((0.1, "only with glasses"), (0.9, "")):
        picture = replace(editor.picture, measured=editor.picture.measured | {"glasses": glasses})
        assert next(entry for entry in rows(editor, picture) if entry["name"] == "bangs")["off"] == off
