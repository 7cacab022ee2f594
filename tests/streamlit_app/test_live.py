"""Pictures while a slider is dragged, under an address that only the page of the editor knows."""

import asyncio
import gc
import importlib
import json
from types import ModuleType

import pytest
from starlette.applications import Starlette

from anime_gen.serving.rendering import Renderer
from anime_gen.studio import Editor, Recipe
from tests.conftest import ROOT


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "streamlit_app"))
    return importlib.import_module("components.live")


def ask(live: ModuleType, path: str, question: dict, base: str = "") -> tuple[int, dict]:
    """Status and content of the answer to a POST request."""
    told: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": json.dumps(question).encode(), "more_body": False}

    async def send(message: dict) -> None:
        told.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [], "query_string": b""}
    asyncio.run(Starlette(routes=[live.route(base)])(scope, receive, send))
    text = b"".join(message.get("body", b"") for message in told)
    return told[0]["status"], json.loads(text) if text.startswith(b"{") else {}


def test_the_answer_shows_what_the_editor_would(live: ModuleType, tag_renderer: Renderer):
    editor = Editor(tag_renderer, Recipe(seed=4))
    address = "/" + live.address_of(editor)
    (_, smiling), (_, long) = (ask(live, address, {"name": name, "value": 0.9}) for name in ("smile", "hair_length"))
    assert smiling["src"] != long["src"]
    shown = {row["name"]: row["words"] for row in long["rows"]}
    assert shown["hair_length"] == f"{editor.glance('hair_length', 0.9).measured['hair_length']:.2f}"
    assert len(editor.history.steps) == 1


@pytest.mark.parametrize(
    "question",
    [
        {"name": "no_such", "value": 1},
        {"name": ["smile"], "value": 1},
        {"name": "smile", "value": 1e30},
        {"name": "smile"},
    ],
)
def test_a_question_that_makes_no_sense_gets_a_sentence(live: ModuleType, tag_renderer: Renderer, question: dict):
    editor = Editor(tag_renderer, Recipe(seed=4))
    status, answer = ask(live, "/" + live.address_of(editor), question)
    assert status == 400
    assert answer["status"]


def test_nobody_answers_for_an_editor_that_is_gone_or_was_never_there(live: ModuleType, tag_renderer: Renderer):
    editor = Editor(tag_renderer, Recipe(seed=4))
    address = live.address_of(editor)
    assert live.address_of(editor) == address
    assert live.address_of(Editor(tag_renderer, Recipe(seed=4))) != address
    question = {"name": "smile", "value": 0.5}
    assert ask(live, "/live/anything", question)[0] == 404
    assert ask(live, f"/{address}", question)[0] == 200
    del editor
    gc.collect()
    assert ask(live, f"/{address}", question)[0] == 404


def test_the_address_lies_below_the_path_that_the_page_is_served_under(live: ModuleType, tag_renderer: Renderer):
    editor = Editor(tag_renderer, Recipe(seed=4))
    path = f"/studio/{live.address_of(editor)}"
    assert ask(live, path, {"name": "smile", "value": 0.5}, base="/studio/")[0] == 200
