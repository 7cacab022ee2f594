"""What the board asks: faces fetched ahead, so that fast keys never wait, and answers kept as they come."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from anime_gen.attributes import Attribute
from anime_gen.labels.store import Signature
from components.label_bench import Bench

GRID_KEYS = "12345qwertasdfgzxcvb"  # four rows of five, by the place of the key
AHEAD = {"one": 8, "pair": 6, "grid": 2 * len(GRID_KEYS)}
RELEARN_EVERY = 5  # answers between two lessons; what follows is chosen by what the last finished lesson left in doubt


@dataclass(frozen=True)
class Question:
    """One face, or two that are compared, and how they were picked."""

    names: tuple[str, ...]
    source: str

    @property
    def id(self) -> str:
        """Its name on the board."""
        return "|".join(self.names)


@dataclass
class Queue:
    """Questions on one board; `taken` is the number of the last event that was kept, `events` what undo takes back."""

    attribute: str
    mode: str
    waiting: list[Question]
    asked: dict[str, Question]
    events: dict[str, list[int]]
    taken: int = 0


def queue_of(token: str, bench: Bench, attribute: Attribute, mode: str) -> Queue:
    """The queue of a board, filled up."""
    queues = st.session_state.setdefault("label.queues", {})
    queue = queues.setdefault(token, Queue(attribute.name, mode, [], {}, {}))
    missing = AHEAD[mode] - len(queue.waiting)
    if missing >= AHEAD[mode] // 2:
        known = queue.asked.keys() | {question.id for question in queue.waiting}
        queue.waiting += [new for new in _fetched(bench, queue, missing) if new.id not in known]
    return queue


def _fetched(bench: Bench, queue: Queue, count: int) -> list[Question]:
    if queue.mode == "pair":
        waiting = [(question.names[0], question.names[1]) for question in queue.waiting]
        return [Question(pair, "pair") for pair in bench.work.next_pairs(queue.attribute, count, waiting)]
    passed = sum(name not in queue.events for name in queue.asked)  # of a class that was not asked for
    names, source = bench.work.next_batch(queue.attribute, count + len(queue.waiting) + passed)
    return [Question((name,), source) for name in names]


def take(queue: Queue, bench: Bench, said: Mapping[str, Any]) -> None:
    """Keep what the board says, each event once and in order; what cannot be kept is said again by the board."""
    st.session_state.pop("label.trouble", None)
    for event in said.get("events", ()):
        if event["n"] <= queue.taken:
            continue
        try:
            _keep(queue, bench, event)
        except sqlite3.Error as error:
            st.session_state["label.trouble"] = str(error)
            return
        queue.taken = event["n"]


def _keep(queue: Queue, bench: Bench, event: Mapping[str, Any]) -> None:
    name = str(event["id"])
    question = next((one for one in queue.waiting if one.id == name), queue.asked.get(name))
    if question is None:
        return
    if event.get("undo"):
        bench.work.store.retract(queue.events.pop(name, []), _signature(bench, "undo"))
        queue.asked.pop(name, None)
        queue.waiting.insert(0, question)
        return
    if not event.get("pass"):
        queue.events[name] = _answered(queue, bench, question, event)
    queue.asked[name] = question
    queue.waiting = [one for one in queue.waiting if one.id != name]


def _answered(queue: Queue, bench: Bench, question: Question, event: Mapping[str, Any]) -> list[int]:
    store, value, by = bench.work.store, event["value"], _signature(bench, question.source)
    seconds = float(event.get("seconds", 0.0))
    if queue.mode == "pair":
        more = {"first": question.names[0], "second": question.names[1]}.get(value)
        numbers = [store.compare(queue.attribute, question.names[0], question.names[1], more, by, seconds)]
    else:
        numbers = store.answer(queue.attribute, question.names, value, by, seconds)
    count = st.session_state["label.count"] = st.session_state.get("label.count", 0) + 1
    if bench.work.learning and count % RELEARN_EVERY == 0:
        bench.teach(bench.work.refresh, queue.attribute)
    return numbers


def _signature(bench: Bench, source: str) -> Signature:
    """Who answers; the name typed at the side."""
    return bench.work.by(st.session_state.get("label.who") or "artist", source)
