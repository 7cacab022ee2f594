"""Take a character along, and bring one back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from anime_gen.evaluation.originality import Originals
from anime_gen.images import ArrayFaces
from anime_gen.serving.gate import sample
from anime_gen.studio import Editor
from anime_gen.studio.character.history import History
from anime_gen.studio.project.document import Document
from anime_gen.studio.project.shelf import Shelf
from anime_gen.studio.project.zipped import pack
from anime_gen.tracking.store import TrackingStore
from tests.streamlit_app.test_pages import APP, TIMEOUT_S, editor, view


@pytest.fixture
def page(published: TrackingStore) -> AppTest:
    opened = AppTest.from_file(APP, default_timeout=TIMEOUT_S)
    opened.session_state["view"] = "Take away"
    return opened.run()


def wish(page: AppTest, name: str, value: float) -> None:
    editor(page).set_target(name, value)
    page.run()


def test_a_model_without_notes_on_its_pictures_says_that_it_cannot_tell(page: AppTest):
    assert any("can't tell" in caption.value for caption in page.caption)


def test_a_copy_of_a_training_picture_is_warned_of(page: AppTest):
    renderer = editor(page).renderer
    faces = sample(renderer.bundle.generator, 60, 16, seed=1000)
    faces[5] = editor(page).picture.pixels
    names = [f"{number}.png" for number in range(60)]
    held_out = sample(renderer.bundle.generator, 60, 16, seed=2000)
    renderer.bundle = replace(renderer.bundle, originals=Originals.of(ArrayFaces(faces), held_out, names, "noise"))
    page.run()
    assert not page.exception
    assert "Too near" in page.warning[0].value


def upload(page: AppTest, name: str, content: bytes) -> None:
    page.file_uploader(key="upload").upload(name, content).run()
    assert not page.exception


def recipe(page: AppTest, **changes: object) -> bytes:
    return json.dumps(json.loads(editor(page).json()) | changes).encode()


def test_a_saved_picture_makes_the_same_bytes_again(page: AppTest):
    wish(page, "bangs", 0.8)
    editor(page).set_lock("hair_length", True)
    saved = editor(page).png()
    editor(page).new_character(5)
    assert editor(page).png() != saved
    upload(page, "character.png", saved)
    assert editor(page).png() == saved
    assert editor(page).png(1024) == Editor(editor(page).renderer, editor(page).recipe).png(1024)


def test_a_saved_recipe_opens_too(page: AppTest):
    wish(page, "bangs", 0.8)
    saved, wanted = editor(page).json(), editor(page).png()
    editor(page).new_character(5)
    upload(page, "character.json", saved)
    assert editor(page).png() == wanted


@pytest.mark.parametrize("psi", [0.0, 1.73, 2.0])
def test_any_diversity_that_a_recipe_may_have_is_shown(page: AppTest, psi: float):
    upload(page, "character.json", recipe(page, psi=psi))
    view(page, "Shape")
    assert page.slider(key="psi").value == pytest.approx(psi, abs=0.05)
    assert editor(page).recipe.psi == psi


HOSTILE = {
    "other model": ({"model": {"sha256": "ab" * 32}}, "another model"),
    "newer": ({"schema": 7}, "newer version"),
    "huge latent": ({"seed": None, "latent": [[1e6] * 8] * 6}, "face"),
    "picture in a name": ({"targets": {"![x](http://example.com/a.png)": 1}}, "does not have"),
    "markup in a lock": ({"locks": ["<img src=http://example.com>"]}, "does not measure"),
    "number -1": ({"seed": -1}, "whole number"),
    "number 1.5": ({"seed": 1.5}, "whole number"),
    "number 1e30": ({"seed": 1e30}, "whole number"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_recipe_gets_a_sentence_and_changes_nothing(page: AppTest, case: str):
    changes, words = HOSTILE[case]
    before = editor(page).png()
    upload(page, "character.json", recipe(page, **changes))
    said = page.warning[0].value
    assert words in said.replace("\\", "")
    assert "](" not in said
    assert "<" not in said.replace("\\<", "")
    assert editor(page).png() == before
    page.run()
    assert not page.warning  # gone with the next action


def test_the_view_offers_every_form(page: AppTest):
    assert any("film" in caption.value for caption in page.caption)
    wish(page, "bangs", 0.8)
    labels = {button.label for button in page.get("download_button")}
    assert labels >= {"Download PNG", "PNG 512 px", "PNG 1024 px", "Recipe"}
    assert labels >= {"Sheet as PNG", "Sheet as PDF", "Whole project"}
    assert labels >= {"Palette .gpl", "Palette .ase", "Palette .png", "Film GIF", "Film WebP", "Film MP4"}


def test_a_project_comes_back_as_one_of_its_own(page: AppTest, projects: Path):
    before = page.session_state["project"]
    other = Document(History(editor(page).complete_recipe()))
    member = other.keep(editor(page).complete_recipe(), "Aoi")
    upload(page, "project.zip", pack(other, {member.key: editor(page).png()}))
    assert "the one before is kept" in page.success[0].value
    assert page.session_state["project"] != before
    assert {"Cast as PNG", "Cast as PDF"} <= {button.label for button in page.get("download_button")}
    next(button for button in page.button if button.label == "Back to the project before").click().run()
    assert page.session_state["project"] == before
    assert not page.exception


def test_a_project_opens_by_its_key(page: AppTest, projects: Path):
    before = page.session_state["project"]
    other = Shelf(projects).create(Document(History(editor(page).complete_recipe())))
    page.text_input(key="project.key").set_value("0" * 32).run()
    assert "No project on this page has that key" in page.warning[0].value
    assert page.session_state["project"] == before
    page.text_input(key="project.key").set_value(f" {other.key} ").run()
    assert page.session_state["project"] == other.key
    assert "the one before is kept" in page.success[0].value
    assert not page.exception


def test_a_zip_of_something_else_is_refused(page: AppTest):
    before = page.session_state["project"]
    upload(page, "project.zip", b"PK\3\4 no zip")
    assert "cannot be read" in page.warning[0].value
    assert page.session_state["project"] == before
