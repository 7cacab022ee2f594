"""A drawing of the artist's own becomes a character of the model."""

import io

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from anime_gen.latent import inversion
from anime_gen.studio import Editor
from anime_gen.tracking.store import TrackingStore
from tests.streamlit_app.test_pages import APP, TIMEOUT_S, editor, view


@pytest.fixture
def page(published: TrackingStore, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(inversion, "STEPS", 2)
    opened = AppTest.from_file(APP, default_timeout=TIMEOUT_S)
    opened.session_state["view"] = "Find"
    return opened.run()


def drawing(kind: str = "PNG", width: int = 70) -> bytes:
    small = Image.fromarray(np.random.default_rng(width).integers(0, 256, (4, 4, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    small.resize((width, 90), Image.Resampling.BICUBIC).save(buffer, kind)
    return buffer.getvalue()


def send(page: AppTest, name: str, content: bytes) -> None:
    page.file_uploader(key="upload").upload(name, content).run()
    assert not page.exception


def press(page: AppTest, label: str) -> None:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception


def labels(page: AppTest) -> set[str]:
    return {button.label for button in page.button}


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_is_imitated_compared_and_gone_on_with(page: AppTest, kind: str):
    before = editor(page).recipe
    send(page, f"mine.{kind.lower()}", drawing(kind))
    assert editor(page).recipe == before  # nothing changes until the artist agrees
    assert any("colours differ from your picture's" in caption.value for caption in page.caption)
    assert any("could not be met" in words.value for words in page.markdown) or any(
        "as in your picture" in words.value for words in page.caption
    )
    press(page, "Go on with it")
    assert page.session_state["view"] == "Shape"
    assert editor(page).recipe.is_imported
    editor(page).set_target("bangs", 0.8)
    page.run()
    assert editor(page).picture.outcomes["bangs"].asked == 0.8
    saved = editor(page).png()
    editor(page).history.undo()
    view(page, "Find")
    assert "Go on with it" not in labels(page)
    send(page, "character.png", saved)
    assert editor(page).png() == saved
    assert Editor(editor(page).renderer, editor(page).recipe).png() == saved


def test_it_can_be_left(page: AppTest):
    before = editor(page).recipe
    send(page, "mine.png", drawing())
    press(page, "Leave it")
    assert editor(page).recipe == before
    assert "Go on with it" not in labels(page)


def test_no_picture_gets_a_sentence_that_is_gone_with_the_next_action(page: AppTest):
    for name, content, words in [
        ("tiny.png", drawing()[:60], ""),
        ("notes.png", b"not a picture", "not a picture"),
        ("cut.jpg", drawing("JPEG")[:-40], "ends before"),
        ("film.webp", b"GIF89a" + bytes(50), "GIF"),
    ]:
        send(page, name, content)
        assert len(page.warning) == 1
        assert words in page.warning[0].value
        assert "Go on with it" not in labels(page)
        page.run()
        assert not page.warning


def test_an_imported_character_is_kept_and_found_again(page: AppTest):
    send(page, "mine.png", drawing())
    press(page, "Go on with it")
    press(page, "Keep in the cast")
    assert page.session_state["editor"].recipe.is_imported
    view(page, "Cast")
    view(page, "Mix")
    view(page, "Take away")
    view(page, "Find")
    assert not page.exception
