"""Find a character: by its number, at random, nearer to or further from the average face."""

import streamlit as st

from anime_gen.studio import Editor, random_seed
from anime_gen.studio.recipe import MAX_PSI, MAX_SEED


def show(editor: Editor) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state.seed = editor.recipe.seed
        st.number_input(
            "Character number",
            min_value=0,
            max_value=MAX_SEED,
            step=1,
            key="seed",
            help="The same number is always the same character.",
            on_change=lambda: editor.new_character(st.session_state.seed, st.session_state.keep_wishes),
            disabled=editor.recipe.seed is None,
        )
        st.button("Random", icon=":material/casino:", shortcut="n", type="primary", on_click=_random, args=(editor,))
    st.checkbox("Keep my wishes for the next character", key="keep_wishes")
    st.session_state.psi = editor.recipe.psi
    st.slider(
        "Diversity",
        0.0,
        MAX_PSI,
        step=0.05,
        key="psi",
        help="0 is the average face, 1 as varied as the pictures the model learnt from; above 1 exaggerates.",
        on_change=lambda: editor.set_psi(st.session_state.psi),
    )


def _random(editor: Editor) -> None:
    editor.new_character(random_seed(), keep_wishes=st.session_state.keep_wishes)
