"""The three ways to ask: one picture at a time, twenty at once with a key each, and two beside each other."""

import time
from collections.abc import Sequence

import streamlit as st

from anime_gen.attributes import Attribute
from anime_gen.labels.store import Signature
from anime_gen.tagging.active_learning.labelling_session import LabellingSession
from components.label_bench import Bench, picture_bytes

GRID_KEYS = "12345qweztasdfgyxvbn"  # five a row; Streamlit keeps c and r for itself
CLASS_KEYS = "1234567890qwezt"
COLUMNS = 5
RELEARN_EVERY = 5  # answers between two lessons; each five are chosen by what the last finished lesson left in doubt


def show_picture(work: LabellingSession, name: str, side: int) -> None:
    """One face, sharp at its shown size."""
    st.image(picture_bytes(name, side, work.faces.fingerprint), width=side)


def took() -> float:
    """Seconds since the last answer, at most two minutes: a coffee is not thinking time."""
    now = time.monotonic()
    seconds = min(120.0, now - st.session_state.get("label.since", now))
    st.session_state["label.since"] = now
    return seconds


def remember(bench: Bench, attribute: str, events: list[int]) -> None:
    """Make the answers undoable, and teach the learner now and then."""
    st.session_state.setdefault("label.undo", []).append((attribute, events))
    count = st.session_state["label.count"] = st.session_state.get("label.count", 0) + len(events)
    if bench.work.learning and count % RELEARN_EVERY < len(events):
        bench.teach(bench.work.refresh, attribute)


def undo(bench: Bench) -> None:
    """Take the last answer back and ask it again."""
    history = st.session_state.get("label.undo", [])
    if history:
        attribute, events = history.pop()
        bench.work.store.retract(events, signature(bench, "undo"))
        st.session_state.pop(f"label.batch.{attribute}", None)


def signature(bench: Bench, source: str) -> Signature:
    """Who answers; the name typed at the side."""
    return bench.work.by(st.session_state.get("label.who") or "artist", source)


def batch_of(bench: Bench, attribute: str, count: int) -> tuple[list[str], str]:
    """The pictures being asked about, fetched anew when all are answered or another number is shown."""
    names, source, wanted = st.session_state.get(f"label.batch.{attribute}", ([], "", 0))
    asked = bench.work.store.current(attribute)
    if wanted != count or not any(name not in asked for name in names):
        names, source = new_batch(bench, attribute, count)
    return names, source


def new_batch(bench: Bench, attribute: str, count: int) -> tuple[list[str], str]:
    """Fetch the next pictures, whatever is being shown."""
    names, source = bench.work.next_batch(attribute, count)
    st.session_state[f"label.batch.{attribute}"] = (names, source, count)
    return names, source


def _say(bench: Bench, attribute: str, name: str, value: float | str | None, source: str) -> None:
    events = bench.work.store.answer(attribute, [name], value, signature(bench, source), took())
    remember(bench, attribute, events)


def one_at_a_time(bench: Bench, attribute: Attribute) -> None:
    """A large picture and a key for each answer."""
    names, source = batch_of(bench, attribute.name, RELEARN_EVERY)
    asked = bench.work.store.current(attribute.name)
    waiting = [name for name in names if name not in asked]
    if not waiting:
        st.success("Every picture has an answer.", icon=":material/done_all:")
        return
    name = waiting[0]
    picture, answers = st.columns([2, 3], vertical_alignment="center")
    with picture:
        show_picture(bench.work, name, 384)
    with answers:
        guess = bench.work.guess(attribute.name, name)
        for label, value, key in _choices(attribute):
            hint = "  :small[:material/lightbulb:]" if guess is not None and value == guess else ""
            st.button(
                f"{label}{hint}",
                key=f"label.say.{value}.{name}",  # a key pressed twice must not answer for a face not seen yet
                shortcut=key,
                width=260,
                on_click=_say,
                args=(bench, attribute.name, name, value, source),
            )
        st.button(
            "Can't tell",
            key=f"label.skip.{name}",
            shortcut="Space",
            type="tertiary",
            on_click=_say,
            args=(bench, attribute.name, name, None, source),
        )


def _choices(attribute: Attribute) -> Sequence[tuple[str, float | str, str]]:
    if attribute.kind == "binary":
        return [("Yes", 1.0, "y"), ("No", 0.0, "n")]
    return [(name.replace("_", " "), name, key) for name, key in zip(attribute.classes, CLASS_KEYS, strict=False)]


def grid(bench: Bench, attribute: Attribute) -> None:
    """Twenty faces with a key each: press those that have it, Enter says the others have not.

    For classes: press those of the class shown; Enter goes on and leaves the others unanswered.
    """
    wanted: float | str = 1.0
    if attribute.kind == "categorical":
        wanted = st.pills("Press the faces that are", attribute.classes, default=attribute.classes[0]) or ""
    names, source = batch_of(bench, attribute.name, len(GRID_KEYS))
    asked = bench.work.store.current(attribute.name)
    for first in range(0, len(names), COLUMNS):
        for column, place in zip(st.columns(COLUMNS), range(first, min(first + COLUMNS, len(names))), strict=False):
            with column:
                _tile(bench, attribute, names[place], GRID_KEYS[place], wanted, asked, source)
    rest = [name for name in names if name not in asked]
    label = f"The other {len(rest)} have not" if attribute.kind == "binary" else "Next twenty"
    st.button(
        label,
        key="label.rest",
        shortcut="Enter",
        type="primary",
        on_click=_finish,
        args=(bench, attribute, rest, source),
    )


def _tile(
    bench: Bench,
    attribute: Attribute,
    name: str,
    key: str,
    wanted: float | str,
    asked: dict[str, object],
    source: str,
) -> None:
    show_picture(bench.work, name, 128)
    said = name in asked
    st.button(
        ":material/check:" if said else key.upper(),
        key=f"label.tile.{name}",
        shortcut=key,
        disabled=said or wanted == "",
        width=128,
        on_click=_say,
        args=(bench, attribute.name, name, wanted, source),
    )


def _finish(bench: Bench, attribute: Attribute, rest: list[str], source: str) -> None:
    if attribute.kind == "binary" and rest:
        events = bench.work.store.answer(attribute.name, rest, 0.0, signature(bench, source), took())
        remember(bench, attribute.name, events)
    new_batch(bench, attribute.name, len(GRID_KEYS))


def pair(bench: Bench, attribute: Attribute) -> None:
    """Two faces: which has more?"""
    names = bench.work.next_pair(attribute.name)
    if names is None:
        st.info("Comparing needs at least two faces.")
        return
    columns = st.columns(2)
    sides = (("left", "Left"), ("right", "Right"))
    for column, name, (key, label) in zip(columns, names, sides, strict=True):
        with column:
            show_picture(bench.work, name, 320)
            st.button(
                label,
                key=f"label.pair.{key}.{'.'.join(names)}",
                shortcut=key,
                width=320,
                on_click=_more,
                args=(bench, attribute.name, names, name),
            )
    st.button(
        "The same",
        key=f"label.pair.same.{'.'.join(names)}",
        shortcut="Space",
        on_click=_more,
        args=(bench, attribute.name, names, None),
    )


def _more(bench: Bench, attribute: str, names: tuple[str, str], more: str | None) -> None:
    event = bench.work.store.compare(attribute, *names, more, signature(bench, "pair"), took())
    remember(bench, attribute, [event])
