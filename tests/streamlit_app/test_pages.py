import importlib
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from anime_gen.serving.registry import CHAMPION, Registry
from anime_gen.tracking.store import TrackingStore
from tests.conftest import ROOT
from tests.streamlit_app.site import FIRST_SEED

APP = str(ROOT / "streamlit_app" / "pages.py")
TIMEOUT_S = 120


@pytest.fixture
def page(published: TrackingStore) -> AppTest:
    opened = AppTest.from_file(APP, default_timeout=TIMEOUT_S).run()
    assert not opened.exception
    return opened


def editor(page: AppTest):
    return page.session_state["editor"]


def button(page: AppTest, label: str):
    return next(one for one in page.button if one.label == label)


def component(name: str):
    """A module of the running page, which imports it under this name."""
    return importlib.import_module(f"components.{name}")


def cast_of(page: AppTest):
    return component("document").shelf().open(page.session_state["project"]).document.cast


def view(page: AppTest, name: str) -> AppTest:
    page.session_state["view"] = name
    return page.run()


def test_the_page_opens_a_character_and_says_which_model_shows_it(page: AppTest):
    assert editor(page).recipe.seed == FIRST_SEED
    assert any("anime-generator version 1, 16 px" in caption.value for caption in page.caption)


def test_undo_goes_back_and_redo_forward(page: AppTest):
    page.number_input(key="seed").set_value(123).run()
    button(page, "Undo").click().run()
    assert page.number_input(key="seed").value == FIRST_SEED
    button(page, "Redo").click().run()
    assert page.number_input(key="seed").value == 123


def test_the_number_names_the_character_and_diversity_moves_it(page: AppTest):
    before = editor(page).picture.pixels
    page.number_input(key="seed").set_value(123).run()
    assert editor(page).recipe.seed == 123
    assert (editor(page).picture.pixels != before).any()
    page.slider(key="psi").set_value(0.0).run()
    assert editor(page).recipe.psi == 0.0


def test_every_view_opens(page: AppTest):
    for name in ("Find", "Shape", "Cast", "Mix", "Take away"):
        view(page, name)
        assert not page.exception, name


def test_a_kept_character_is_in_the_cast_with_what_is_measured(page: AppTest):
    button(page, "Keep in the cast").click().run()
    page.number_input(key="seed").set_value(5).run()
    button(page, "Keep in the cast").click().run()
    cast = cast_of(page)
    assert [member.recipe.seed for member in cast] == [FIRST_SEED, 5]
    assert cast[1].recipe.measured["hair_length"] == pytest.approx(
        editor(page).picture.measured["hair_length"], abs=1e-3
    )
    view(page, "Cast")
    assert any("2 characters are worth" in text.value for text in page.markdown)


def test_a_brief_gives_a_cast_that_is_kept_at_once(page: AppTest):
    view(page, "Cast")
    page.text_area(key="cast.brief").set_value("3 students, 1 with glasses").run()
    button(page, "Find them all").click().run()
    assert not page.exception
    button(page, "Keep them all").click().run()
    assert len(cast_of(page)) == 3


def test_words_that_nobody_knows_are_named(page: AppTest):
    view(page, "Find")
    page.text_input(key="find.wish").set_value("long hair, ![x](http://example.com)").run()
    said = [caption.value for caption in page.caption if "Not understood" in caption.value]
    assert said
    assert "](" not in said[0]


def mix_with_a_member(page: AppTest, what: str, chosen: list[str]) -> None:
    """Keep the character of the page, go to number 5 and take `chosen` from the kept one."""
    button(page, "Keep in the cast").click().run()
    page.number_input(key="seed").set_value(5).run()
    view(page, "Mix")
    page.session_state[f"mix.{what}"] = chosen
    page.run()
    button(page, "Go on with the mixed one").click().run()


def test_mixing_takes_the_traits_of_a_member(page: AppTest):
    mix_with_a_member(page, "groups", ["hair"])
    assert {"hair_length", "bangs"} & set(editor(page).recipe.targets)
    assert editor(page).recipe.seed == 5


def test_mixing_takes_layers_of_a_member_and_its_traits_on_top(page: AppTest):
    mix_with_a_member(page, "layers", ["coarse"])
    mixed = editor(page).recipe
    assert mixed.latent is not None
    assert not page.exception
    assert page.number_input(key="seed").disabled
    assert page.slider(key="psi").disabled
    button(page, "Undo").click().run()
    assert editor(page).recipe.seed == 5


def test_more_like_somebody_who_was_found_for_the_cast(page: AppTest):
    """The first look at Find may be for the relatives of somebody found elsewhere."""
    button(page, "Keep in the cast").click().run()
    page.session_state["find.like"] = editor(page).recipe
    view(page, "Find")
    assert not page.exception
    assert button(page, "Back to the sheet")


def test_an_empty_brief_and_words_nobody_knows_are_answered(page: AppTest):
    button(page, "Keep in the cast").click().run()
    view(page, "Cast")
    button(page, "Find them all").click().run()
    assert any(caption.value.startswith("Write first") for caption in page.caption)
    page.text_input(key="cast.but").set_value("no glasses, wings").run()
    assert any("Not understood: wings" in caption.value for caption in page.caption)


def test_a_downloaded_picture_opens_again(page: AppTest, renderer):
    editor(page).set_target("bangs", 0.8)
    png = editor(page).png()
    wanted = editor(page).picture.pixels
    page.number_input(key="seed").set_value(5).run()
    view(page, "Take away")
    page.file_uploader(key="upload").upload("character.png", png).run()
    assert (editor(page).picture.pixels == wanted).all()
    page.file_uploader(key="upload").upload("other.png", b"not a picture").run()
    assert any("not a picture" in warning.value for warning in page.warning)


def test_a_visitor_who_comes_back_finds_the_same_state(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    page.number_input(key="seed").set_value(77).run()
    button(page, "Keep in the cast").click().run()
    key = page.session_state["project"]
    component("document")._shelf.clear()  # as after a restart
    monkeypatch.setattr(component("memory"), "remembered", lambda: key)
    again = AppTest.from_file(APP, default_timeout=TIMEOUT_S).run()
    assert editor(again).recipe.seed == 77
    assert len(cast_of(again)) == 1
    stranger = AppTest.from_file(APP, default_timeout=TIMEOUT_S)
    monkeypatch.setattr(component("memory"), "remembered", lambda: "../" + key)
    stranger.run()
    assert editor(stranger).recipe.seed == FIRST_SEED


def test_a_project_edited_by_hand_opens_with_a_sentence(page: AppTest, monkeypatch: pytest.MonkeyPatch, projects: Path):
    page.number_input(key="seed").set_value(77).run()
    button(page, "Keep in the cast").click().run()
    button(page, "Keep in the cast").click().run()
    key = page.session_state["project"]
    path = projects / key / "project.json"
    content = json.loads(path.read_text())
    content["history"]["steps"][1]["recipe"]["targets"] = {"wings": 1.0}
    content["cast"][0]["name"] = "![x](http://example.com/a.png)"
    content["cast"][0]["recipe"]["measured"] = {"wings": 1.0, "bangs": "x", "hair_color": 3.0}
    path.write_text(json.dumps(content))
    component("document")._shelf.clear()
    monkeypatch.setattr(component("memory"), "remembered", lambda: key)
    again = AppTest.from_file(APP, default_timeout=TIMEOUT_S).run()
    assert not again.exception
    assert "wings" in again.warning[0].value
    view(again, "Cast")
    assert not again.exception
    assert not any("![x](" in text.value for text in again.markdown)


def test_the_address_opens_a_character_and_nonsense_in_it_is_said(published: TrackingStore):
    expected = {"41": 41} | dict.fromkeys(("-1", "1.5", "1e30", "9" * 40), FIRST_SEED)
    for number, opened in expected.items():
        page = AppTest.from_file(APP, default_timeout=TIMEOUT_S)
        page.query_params["character"] = number
        page.run()
        assert not page.exception
        assert editor(page).recipe.seed == opened
        assert bool(page.warning) == (number != "41")


def test_the_model_page_speaks_plainly_and_keeps_figures_for_experts(page: AppTest):
    page.switch_page("app_pages/model.py").run()
    assert not page.exception
    assert page.title[0].value == "About this model"
    assert "It draws anime faces of 16 x 16 pixels" in page.markdown[0].value.replace("\\", "")
    assert page.metric[0].value == "0.1"
    assert list(page.dataframe[0].value["Attribute"])[:2] == ["Hair length", "Bangs"]


def test_another_version_is_looked_at_and_worked_with(
    page: AppTest, published: TrackingStore, other_bundle_folder: Path
):
    registry = Registry(published)
    second = registry.register(other_bundle_folder, origin="test")
    page.switch_page("app_pages/model.py").run()
    assert page.selectbox(key="model.version").options == ["Version 2, 16 px", "Version 1, 16 px, on offer, yours now"]
    page.selectbox(key="model.version").set_value(second).run()
    button(page, "Work with this version").click().run()
    assert not page.exception
    page.switch_page("app_pages/create.py").run()
    assert editor(page).bundle.sha256 == registry.versions()[second]["sha256"]


def refuses(title: str, *words: str) -> None:
    page = AppTest.from_file(APP, default_timeout=TIMEOUT_S).run()
    assert not page.exception
    assert page.title[0].value == title
    assert all(word in page.markdown[0].value for word in words)
    assert not page.number_input


def test_without_a_model_the_page_says_how_to_get_one(store: TrackingStore):
    refuses("There is no model yet", "make demo", "make app")


def test_without_a_registry_the_page_says_which_address_is_dead(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    refuses("The model registry cannot be reached", "127.0.0.1:9", "MLFLOW_TRACKING_URI")


def test_a_damaged_model_is_not_opened(store: TrackingStore, bundle_folder: Path, tmp_path: Path):
    registry = Registry(store)
    registry.set_alias(CHAMPION, registry.register(bundle_folder, origin="test"))
    victim = next(tmp_path.rglob("generator.safetensors"))
    victim.write_bytes(victim.read_bytes()[:-10])
    refuses("The model cannot be used", "generator.safetensors")


def test_a_new_champion_waits_until_the_artist_agrees(
    page: AppTest, published: TrackingStore, other_bundle_folder: Path
):
    before = editor(page).picture.pixels
    registry = Registry(published)
    registry.set_alias(CHAMPION, registry.register(other_bundle_folder, origin="test"))
    page.run()
    assert any("version 2" in info.value for info in page.info)
    assert (editor(page).picture.pixels == before).all()
    button(page, "Go on with the new model").click().run()
    assert (editor(page).picture.pixels != before).any()
    assert not page.info
    button(page, "Undo").click().run()
    assert (editor(page).picture.pixels == before).all()


def test_the_page_is_local_and_reports_to_nobody():
    config = (ROOT / "streamlit_app/.streamlit/config.toml").read_text()
    assert "gatherUsageStats = false" in config
    assert 'address = "127.0.0.1"' in config
