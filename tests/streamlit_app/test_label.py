"""The Label page without a browser: questions, answers, undo, the grid, pairs."""

import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from anime_gen.images import save_card, write_store
from anime_gen.labels.store import STORE_NAME, LabelStore
from anime_gen.tracking.store import TrackingStore
from tests.tagging.toys import faces

PAGE = Path(__file__).parents[2] / "streamlit_app" / "app_pages" / "label.py"
COUNT = 60


def data_folder(folder: Path) -> Path:
    """A data folder as the ingest stage leaves it."""
    pictures, _ = faces(COUNT)
    store = write_store(folder / "02_intermediate" / "faces", pictures)
    save_card(store, folder / "02_intermediate" / "face_store.json")
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


def said(page: AppTest, *events: dict) -> None:
    """What the board reports: each event with its number."""
    data = board(page)
    numbered = [{"n": data["taken"] + 1 + k, "seconds": 1.0, **event} for k, event in enumerate(events)]
    page.session_state["label.board"] = {"said": {"session": data["session"], "events": numbered}}
    page.run()
    assert not page.exception


def board(page: AppTest) -> dict:
    """What the board was given."""
    (component,) = page.get("bidi_component")
    return json.loads(component.proto.json or component.proto.mixed.json)


def asked(page: AppTest) -> list[str]:
    return [question["id"] for question in board(page)["questions"]]


def opened_on(folder: Path, attribute: str) -> tuple[AppTest, LabelStore]:
    data_folder(folder)
    return opened(attribute), LabelStore(folder / STORE_NAME)


def test_answers_are_kept_at_once_and_undo_asks_the_same_face_again(folder: Path) -> None:
    page, store = opened_on(folder, "glasses")
    first, second, third = asked(page)[:3]
    said(page, {"id": first, "value": 1.0}, {"id": second, "value": 0.0}, {"id": third, "value": None})
    assert [e.value for e in store.standing("glasses", ("answer", "skip"))] == ["1.0", "0.0", None]
    assert not {first, second, third} & set(asked(page))
    said(page, {"id": third, "value": None, "undo": True})
    assert len(store.current("glasses")) == 2
    assert asked(page)[0] == third


def test_an_event_that_is_sent_twice_counts_once(folder: Path) -> None:
    page, store = opened_on(folder, "glasses")
    first, second = asked(page)[:2]
    once = [{"n": 1, "id": first, "value": 1.0}]
    token = board(page)["session"]
    for events in (once, [*once, {"n": 2, "id": second, "value": 0.0}]):
        page.session_state["label.board"] = {"said": {"session": token, "events": events}}
        page.run()
    assert [e.picture for e in store.standing("glasses")] == [first, second]


def test_faces_are_there_ahead_of_the_keys(folder: Path) -> None:
    page, store = opened_on(folder, "glasses")
    for _ in range(3):
        assert len(asked(page)) >= 5
        said(page, *({"id": name, "value": 1.0} for name in asked(page)[:5]))
    assert len(store.current("glasses")) == 15


def test_twenty_at_once(folder: Path) -> None:
    page, store = opened_on(folder, "glasses")
    page.segmented_control(key="label.mode").set_value("Twenty").run()
    shown = asked(page)[:20]
    assert len(shown) == len(board(page)["keys"]) == 20
    said(page, {"id": shown[0], "value": 1.0})
    assert len(store.current("glasses")) == 1  # committed before Enter
    said(page, *({"id": name, "value": 0.0} for name in shown[1:]))
    answers = store.current("glasses")
    assert len(answers) == 20
    assert sum(answer.value == "1.0" for answer in answers.values()) == 1
    assert not set(asked(page)) & set(shown)
    assert page.segmented_control(key="label.mode").value == "Twenty"  # Enter keeps the way of asking


def test_faces_of_another_class_are_passed_over_and_stay_unanswered(folder: Path) -> None:
    page, store = opened_on(folder, "hair_color")
    page.segmented_control(key="label.mode").set_value("Twenty").run()
    shown = asked(page)[:20]
    said(page, *({"id": name, "value": None, "pass": True} for name in shown))
    assert not store.current("hair_color")
    assert len(asked(page)) == 40
    assert not set(asked(page)) & set(shown)


def test_which_has_more(folder: Path) -> None:
    page, store = opened_on(folder, "hair_length")
    first, second = asked(page)[:2]
    said(page, {"id": first, "value": "first"}, {"id": second, "value": None})
    assert [pair[2] for pair in store.pairs("hair_length")] == ["first", "same"]
    said(page, {"id": second, "value": None, "undo": True})
    assert (len(store.pairs("hair_length")), asked(page)[0]) == (1, second)


def test_classes_have_a_key_each(folder: Path) -> None:
    page, store = opened_on(folder, "hair_color")
    choices = board(page)["choices"]
    assert len({choice["key"] for choice in choices}) == len(choices)
    said(page, {"id": asked(page)[0], "value": "blue"})
    assert [answer.value for answer in store.current("hair_color").values()] == ["blue"]


def test_a_full_disk_is_said_and_the_answers_come_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, store = opened_on(folder, "glasses")
    name = asked(page)[0]

    def full(*arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(LabelStore, "_append", full)
        said(page, {"id": name, "value": 1.0})
    assert "database or disk is full" in page.error[0].value
    assert board(page)["taken"] == 0
    said(page, {"id": name, "value": 1.0})
    assert not page.error
    assert list(store.current("glasses")) == [name]


def test_a_learner_that_fails_is_said_and_answers_go_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object) -> None:
        raise MemoryError("no room for 3 GiB of views")

    monkeypatch.setattr("anime_gen.tagging.active_learning.page_features.picture_views", broken)
    page, store = opened_on(folder, "glasses")
    for _ in range(50):  # the thread may need a moment to fail
        if not page.warning:
            page.run()
    assert "no room for 3 GiB of views" in page.warning[0].value
    said(page, {"id": asked(page)[0], "value": 1.0})
    assert len(store.current("glasses")) == 1


def test_without_faces_the_page_offers_the_models_own(folder: Path, published: TrackingStore) -> None:
    page = opened("glasses")
    assert page.title[0].value == "Nothing to label yet"
    assert "kedro run --pipelines=ingest" in page.markdown[0].value
    page.button[0].click().run()
    assert not page.exception
    assert "faces of the model itself" in page.info[0].value
    name = asked(page)[0]
    said(page, {"id": name, "value": 1.0})
    assert list(LabelStore(folder / "practice" / STORE_NAME).current("glasses")) == [name]
    data_folder(folder)  # once there are faces of one's own, they are asked about
    assert not opened("glasses").info


def test_a_table_with_markup_in_it_shows_as_words(folder: Path) -> None:
    page, _ = opened_on(folder, "glasses")
    page.file_uploader(key="label.upload").upload("labels.csv", b"file,![x](http://example.com/a.png)\n0.png,1\n").run()
    page.button(key="label.import").click().run()
    assert not page.exception
    words = [box.value for box in (*page.error, *page.warning)]
    assert words
    assert not any("](" in text for text in words)
