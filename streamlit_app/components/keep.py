"""Keep what was made: steps back and forth."""

import streamlit as st

from anime_gen.studio import Editor


def show_steps(editor: Editor) -> None:
    history = editor.history
    with st.container(horizontal=True):
        st.button(
            "Undo",
            icon=":material/undo:",
            shortcut="mod+z",
            disabled=not history.can_undo,
            on_click=history.undo,
        )
        st.button(
            "Redo",
            icon=":material/redo:",
            shortcut="mod+shift+z",
            disabled=not history.can_redo,
            on_click=history.redo,
        )
        touched = bool(editor.recipe.targets or editor.recipe.locks)
        st.button("Reset all", icon=":material/restart_alt:", disabled=not touched, on_click=editor.reset)
