"""The three ways to ask: one face at a time, twenty at once with a key each, and two beside each other."""

from typing import Any

import streamlit as st

from anime_gen.attributes import Attribute
from anime_gen.studio.wording import everyday
from components import label_board
from components.label_bench import Bench, picture_source
from components.label_queue import GRID_KEYS, Question, Queue, queue_of, take

CLASS_KEYS = "1234567890qwert"
SIDE_PX = {"one": 384, "pair": 320, "grid": 128}


def ask(bench: Bench, attribute: Attribute) -> None:
    """The board for an attribute; how it asks follows from its kind and from what the artist chose."""
    mode = "pair" if attribute.kind == "continuous" else _mode()
    wanted = _wanted(attribute) if mode == "grid" else None
    token = f"{attribute.name}.{mode}.{wanted}.{bench.work.faces.fingerprint[:12]}"
    queue = queue_of(token, bench, attribute, mode)
    label_board.mount(
        key="label.board",
        data=_data(bench, attribute, queue, token, wanted),
        on_said_change=lambda: None,
    )
    if trouble := st.session_state.get("label.trouble"):
        st.error(
            f"The last answers are not kept yet ({trouble}). Is the disk full? Make some room and answer on: "
            "the page sends them again."
        )


def _mode() -> str:
    chosen = st.segmented_control(
        "Show", ["One", "Twenty"], default="One", required=True, key="label.mode", label_visibility="collapsed"
    )
    return "grid" if chosen == "Twenty" else "one"


def _wanted(attribute: Attribute) -> float | str:
    if attribute.kind == "binary":
        return 1.0
    chosen = st.pills(
        "Press the faces that are", attribute.classes, default=attribute.classes[0], format_func=everyday, required=True
    )
    return chosen or attribute.classes[0]


def keep_answers(bench: Bench) -> None:
    """What the board said since; called before anything is drawn that depends on it."""
    said = (st.session_state.get("label.board") or {}).get("said") or {}
    queue = st.session_state.get("label.queues", {}).get(said.get("session"))
    if queue is not None:
        take(queue, bench, said)


def _data(bench: Bench, attribute: Attribute, queue: Queue, token: str, wanted: float | str | None) -> dict[str, Any]:
    comparing = queue.mode == "pair"
    words = f"Which has more: {attribute.label.lower()}?" if comparing else f"{attribute.label}?"
    return {
        "session": token,
        "taken": queue.taken,
        "mode": queue.mode,
        "question": words,
        "questions": [_shown(bench, queue, question, words) for question in queue.waiting],
        "choices": _choices(attribute, comparing),
        "skip": "The same" if comparing else "Can't tell",
        "wanted": wanted,
        "rest": 0.0 if attribute.kind == "binary" else None,
        "keys": list(GRID_KEYS),
    }


def _shown(bench: Bench, queue: Queue, question: Question, words: str) -> dict[str, Any]:
    side, work = SIDE_PX[queue.mode], bench.work
    alts = ["Left face", "Right face"] if queue.mode == "pair" else [f"Face to judge: {words}"]
    return {
        "id": question.id,
        "pictures": [picture_source(name, side, work.faces.fingerprint) for name in question.names],
        "alts": alts,
        "guess": work.guess(queue.attribute, question.names[0]) if queue.mode == "one" else None,
    }


def _choices(attribute: Attribute, comparing: bool) -> list[dict[str, Any]]:
    if comparing:
        entries = [("Left", "first", "left", "←"), ("Right", "second", "right", "→")]
    elif attribute.kind == "binary":
        entries = [("Yes", 1.0, "y", "Y"), ("No", 0.0, "n", "N")]
    else:
        keyed = zip(attribute.classes, CLASS_KEYS, strict=False)
        entries = [(everyday(name), name, key, key.upper()) for name, key in keyed]
    return [dict(zip(("label", "value", "key", "legend"), entry, strict=True)) for entry in entries]
