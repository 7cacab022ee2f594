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


VIEWS = {
    "Find": find.show,
    "Shape": shape.show,
    "Cast": cast.show,
    "Mix": mix.show,
    "Take away": lambda desk: take_away.show(desk.editor),
}


@st.fragment(key="studio")
def studio() -> None:
    """Everything that moves; a change runs this function again and nothing else."""
    document.save(opened)
    desk = Desk(opened, document.editor_of(opened, champion))
    look_for_a_new_model(desk)
    if note := st.session_state.pop("address_note", ""):
        st.warning(literal(note))
    if note := st.session_state.pop("desk.note", ""):
        st.toast(literal(note))
    st.session_state.setdefault("view", "Shape")
    view = st.segmented_control("View", list(VIEWS), required=True, key="view", label_visibility="collapsed")
    VIEWS[view or "Shape"](desk)
    bundle = desk.editor.bundle
    st.caption(
        f"{champion.name} version {champion.version}, {bundle.generator.config.resolution} px. Saved as you work."
    )


studio()
memory.remember(opened.key)
