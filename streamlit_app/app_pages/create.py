"""Find a character, shape it, keep it, take it away."""

from dataclasses import replace

import streamlit as st
from components import cast, document, find, memory, mix, shape, take_away
from components.champion import open_champion
from components.desk import Desk

from anime_gen.studio.wording import literal

champion = open_champion()
opened = document.open_document(champion)


def look_for_a_new_model(desk: Desk) -> None:
    """A newly published model waits until the artist agrees: it shows every number as another face."""
    if desk.editor.renderer is champion.renderer:
        return

    def change() -> None:
        history = desk.document.history
        history.push(replace(history.current, model_sha256=champion.renderer.bundle.sha256, measured={}))

    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(f"A new model is here: version {champion.version}. Your characters stay with the one that made them.")
        st.button("Go on with the new model", on_click=change)


def first_visit(desk: Desk) -> None:
    """Three sentences for somebody who is here for the first time; gone with the first step."""
    if len(desk.document.history.steps) == 1 and not desk.document.cast:
        st.info(
            "Drag a slider: the picture follows, and the number beside it is what the picture really shows. "
            "**Find** has other characters, **Cast** keeps those you like, **Take away** has files for your drawing "
            "program. Everything is saved as you work, and Undo goes back as far as you like.",
            icon=":material/waving_hand:",
        )


def show_keys() -> None:
    with st.expander("Keys and help", icon=":material/keyboard:"):
        st.markdown(KEYS)


KEYS = """
| key | does |
| --- | --- |
| Tab, Shift+Tab | to the next, or the last, control |
| arrow keys | move the slider or the choice that has the focus |
| Home, End | the slider's two ends |
| Ctrl+Z, Ctrl+Shift+Z | undo, redo, in Shape |
| K | keep the character in the cast, in Shape |
| N | other characters, in Find |
| Esc | close what is open |
"""

VIEWS = {
    "Find": find.show,
    "Shape": shape.show,
    "Cast": cast.show,
    "Mix": mix.show,
    "Take away": take_away.show,
}


@st.fragment(key="studio")
def studio() -> None:
    """Everything that moves; a change runs this function again and nothing else."""
    if st.session_state.get("project", opened.key) != opened.key:
        st.rerun()  # another project was opened: everything on the page is of it
    with document.saving(opened) as notices:
        desk = Desk(opened, document.editor_of(opened, champion))
        with notices:  # always there: were one to go from the page itself, the bench would be made anew
            look_for_a_new_model(desk)
            first_visit(desk)
            if note := st.session_state.pop("address_note", ""):
                st.warning(literal(note))
        if note := st.session_state.pop("desk.note", ""):
            st.toast(literal(note))
        st.session_state.setdefault("view", "Shape")
        view = st.segmented_control("View", list(VIEWS), required=True, key="view", label_visibility="collapsed")
        VIEWS[view or "Shape"](desk)
        px = desk.editor.bundle.generator.config.resolution
        st.caption(f"{champion.name} version {champion.version}, {px} px. Saved as you work.")
        show_keys()


studio()
memory.remember(opened.key)
