from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from anime_gen.serving.registry import CHAMPION, Registry
from anime_gen.tracking.store import TrackingStore
from tests.conftest import ROOT

APP = str(ROOT / "streamlit_app" / "streamlit_app.py")
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


def test_create_shows_a_picture_with_its_measured_values_in_words(page: AppTest):
    sliders = {slider.label.split(" :small")[0] for slider in page.slider}
    assert {"Hair length", "Bangs", "Hair hue", "Diversity"} <= sliders
    assert [box.label for box in page.selectbox] == ["Hair colour"]
    measured = editor(page).picture.measured["hair_length"]
    assert any(f"**{measured:.2f}**" in text.value for text in page.markdown)
    assert any("anime-generator version 1, 16 px" in caption.value for caption in page.caption)


def test_a_slider_changes_the_picture_and_its_reset_brings_it_back(page: AppTest):
    before = editor(page).picture.pixels
    page.slider(key="wish.hair_length").set_value(1.0).run()
    assert (editor(page).picture.pixels != before).any()
    assert dict(editor(page).recipe.targets) == {"hair_length": 1.0}
    page.button(key="reset.hair_length").click().run()
    assert (editor(page).picture.pixels == before).all()
    assert page.slider(key="wish.hair_length").value == pytest.approx(
        float(editor(page).unchanged["hair_length"]), abs=0.006
    )


def test_every_group_shows_its_kind_of_control(page: AppTest):
    page.segmented_control(key="group").set_value("eyewear").run()
    page.toggle(key="wish.glasses").set_value(not page.toggle(key="wish.glasses").value).run()
    assert set(editor(page).recipe.targets) == {"glasses"}
    page.segmented_control(key="group").set_value("hair").run()
    page.selectbox(key="wish.hair_color").set_value("aqua").run()
    page.slider(key="wish.hair_hue").set_value(360).run()
    assert editor(page).recipe.targets["hair_hue"] == 0.0
    assert editor(page).recipe.targets["hair_color"] == "aqua"
    assert not page.exception


def test_undo_moves_the_slider_back_and_redo_forward(page: AppTest):
    start = page.slider(key="wish.bangs").value
    page.slider(key="wish.bangs").set_value(0.9).run()
    button(page, "Undo").click().run()
    assert page.slider(key="wish.bangs").value == start
    button(page, "Redo").click().run()
    assert page.slider(key="wish.bangs").value == 0.9


def test_a_lock_holds_the_slider(page: AppTest):
    page.button(key="lock.bangs").click().run()
    assert page.slider(key="wish.bangs").disabled
    assert editor(page).recipe.locks == ("bangs",)


def test_the_number_names_the_character_and_random_takes_another(page: AppTest):
    before = editor(page).picture.pixels
    page.number_input(key="seed").set_value(123).run()
    assert editor(page).recipe.seed == 123
    assert (editor(page).picture.pixels != before).any()
    page.slider(key="psi").set_value(0.0).run()
    assert editor(page).recipe.psi == 0.0
    button(page, "Random").click().run()
    assert editor(page).recipe.seed != 123


def test_a_downloaded_picture_opens_again(page: AppTest, renderer):
    page.slider(key="wish.bangs").set_value(0.8).run()
    png = editor(page).png()
    wanted = editor(page).picture.pixels
    page.number_input(key="seed").set_value(5).run()
    page.file_uploader(key="upload").upload("character.png", png).run()
    assert (editor(page).picture.pixels == wanted).all()
    assert page.slider(key="wish.bangs").value == 0.8
    page.file_uploader(key="upload").upload("other.png", b"not a picture").run()
    assert any("not a PNG" in warning.value for warning in page.warning)


def test_the_model_page_shows_version_card_and_what_can_be_moved(page: AppTest):
    page.switch_page("app_pages/model.py").run()
    assert not page.exception
    assert page.title[0].value == "anime-generator, version 1"
    assert page.metric[0].value == "0.1"
    assert list(page.dataframe[0].value["Attribute"])[:2] == ["Hair length", "Bangs"]


def refuses(title: str, *words: str) -> None:
    page = AppTest.from_file(APP, default_timeout=TIMEOUT_S).run()
    assert not page.exception
    assert page.title[0].value == title
    assert all(word in page.markdown[0].value for word in words)
    assert not page.slider


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


def test_a_new_champion_is_opened_without_a_restart(page: AppTest, published: TrackingStore, other_bundle_folder: Path):
    registry = Registry(published)
    registry.set_alias(CHAMPION, registry.register(other_bundle_folder, origin="test"))
    page.run()
    assert any("version 2" in caption.value for caption in page.caption)


def test_the_page_is_local_and_reports_to_nobody():
    config = (ROOT / "streamlit_app/.streamlit/config.toml").read_text()
    assert "gatherUsageStats = false" in config
    assert 'address = "127.0.0.1"' in config
