"""Take a character along, and bring one back."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from anime_gen.evaluation.originality import Originals
from anime_gen.images import ArrayFaces
from anime_gen.serving.gate import sample
from anime_gen.tracking.store import TrackingStore
from tests.streamlit_app.test_pages import APP, TIMEOUT_S, editor


@pytest.fixture
def page(published: TrackingStore) -> AppTest:
    return AppTest.from_file(APP, default_timeout=TIMEOUT_S).run()


def test_a_model_without_notes_on_its_pictures_says_that_it_cannot_tell(page: AppTest):
    page.session_state["originality"] = True
    page.run()
    assert any("can't tell" in caption.value for caption in page.caption)


def test_a_copy_of_a_training_picture_is_warned_of(page: AppTest):
    renderer = editor(page).renderer
    faces = sample(renderer.bundle.generator, 60, 16, seed=1000)
    faces[5] = editor(page).picture.pixels
    names = [f"{number}.png" for number in range(60)]
    held_out = sample(renderer.bundle.generator, 60, 16, seed=2000)
    renderer.bundle = replace(renderer.bundle, originals=Originals.of(ArrayFaces(faces), held_out, names, "noise"))
    page.session_state["originality"] = True
    page.run()
    assert not page.exception
    assert "Too near" in page.warning[0].value
