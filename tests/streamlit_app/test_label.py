"""The Label page without a browser: questions, answers, undo, the grid, pairs."""

import json
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from anime_gen.images import write_store
from anime_gen.labels.store import STORE_NAME, LabelStore
from tests.tagging.toys import faces

PAGE = Path(__file__).parents[2] / "streamlit_app" / "app_pages" / "label.py"
COUNT = 60


def data_folder(folder: Path) -> Path:
    """A data folder as the ingest stage leaves it."""
    pictures, _ = faces(COUNT)
    store = write_store(folder / "02_intermediate" / "faces", pictures)
    manifest = {"folder": "02_intermediate/faces", "fingerprint": store.fingerprint}
    (folder / "02_intermediate" / "face_store.json").write_text(json.dumps(manifest))
    index = pd.DataFrame({"id": [f"p{k}" for k in range(COUNT)], "source_name": [f"{k}.png" for k in range(COUNT)]})
    index.to_parquet(folder / "02_intermediate" / "face_index.parquet")
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANIME_GEN_DATA", str(tmp_path))
    monkeypatch.syspath_prepend(str(PAGE.parents[1]))
    st.cache_resource.clear()
    st.cache_data.clear()
    return tmp_path


def opened(attribute: str) -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    page.session_state["label.attribute"] = attribute
    page.run()
    assert not page.exception
    return page


def press(page: AppTest, start: str) -> None:
    next(button for button in page.button if str(button.key).startswith(start)).click().run()
    assert not page.exception


def test_answers_are_kept_at_once_and_undo_takes_one_back(folder: Path) -> None:
    page, store = opened_on(folder, "glasses")
    for key in ("label.say.1.0.", "label.say.0.0.", "label.skip."):
        press(page, key)
    assert [e.value for e in store.standing("glasses", ("answer", "skip"))] == ["1.0", "0.0", None]
    undo = next(button for button in page.button if button.label == "Undo")
    undo.click().run()
    assert len(store.current("glasses")) == 2


def opened_on(folder: Path, attribute: str) -> tuple[AppTest, LabelStore]:
    data_folder(folder)
    return opened(attribute), LabelStore(folder / STORE_NAME)


def test_twenty_at_once(folder: Path) -> None:
    page, store = opened_on(folder, "glasses")
    page.segmented_control(key="label.mode").set_value("Twenty").run()
    tiles = [button.key for button in page.button if str(button.key).startswith("label.tile.")]
    assert len(tiles) == 20
    press(page, tiles[0])
    assert len(store.current("glasses")) == 1  # committed before Enter
    press(page, "label.rest")
    answers = store.current("glasses")
    assert len(answers) == 20
    assert sum(answer.value == "1.0" for answer in answers.values()) == 1
    fresh = {button.key for button in page.button if str(button.key).startswith("label.tile.")}
    assert not fresh & set(tiles)


def test_which_has_more(folder: Path) -> None:
    page, store = opened_on(folder, "hair_length")
    press(page, "label.pair.left")
    press(page, "label.pair.same")
    assert [pair[2] for pair in store.pairs("hair_length")] == ["first", "same"]


def test_classes_have_a_key_each(folder: Path) -> None:
    page, store = opened_on(folder, "hair_color")
    press(page, "label.say.blue")
    assert [answer.value for answer in store.current("hair_color").values()] == ["blue"]


def test_a_learner_that_fails_is_said_and_answers_go_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise MemoryError("no room for 3 GiB of views")

    monkeypatch.setattr("anime_gen.tagging.active_learning.page_features.picture_views", broken)
    page, store = opened_on(folder, "glasses")
    for _ in range(50):  # the thread may need a moment to fail
        if not page.warning:
            page.run()
    assert "no room for 3 GiB of views" in page.warning[0].value
    press(page, "label.say.1.0.")
    assert len(store.current("glasses")) == 1


def test_without_faces_the_page_says_what_to_do(folder: Path) -> None:
    page = opened("glasses")
    assert page.title[0].value == "Nothing to label yet"
    assert "kedro run --pipelines=ingest" in page.markdown[0].value
