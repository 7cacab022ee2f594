"""This visitor's document: the character being shaped, with the way back."""

import streamlit as st

from anime_gen.studio import Editor, Recipe
from components.champion import Opened

FIRST_SEED = 16


def current_editor(champion: Opened) -> Editor:
    """The document; a newly published model opens a new one."""
    editor = st.session_state.get("editor")
    if editor is None or editor.renderer is not champion.renderer:
        editor = st.session_state.editor = Editor(champion.renderer, Recipe(seed=FIRST_SEED))
    return editor
