"""Find a character, shape it, keep it, take it away."""

import streamlit as st
from components import find, keep, shape, take_away
from components.champion import open_champion
from components.document import current_editor

champion = open_champion()


@st.fragment
def studio() -> None:
    """Everything that moves; a change runs this function again and nothing else."""
    editor = current_editor(champion)
    left, right = st.columns([5, 7], gap="large")
    with left:
        shape.show_picture(editor)
        keep.show_steps(editor)
        find.show(editor)
        take_away.show(editor)
    with right:
        shape.show_sliders(editor)
    st.caption(f"{champion.name} version {champion.version}, {editor.bundle.generator.config.resolution} px")


studio()
