"""Take a character along, and bring one back: downloads, and pictures that carry a recipe."""

import streamlit as st

from anime_gen.studio import Editor, RecipeError
from components import originality

LARGE_PX = 512


def show(editor: Editor) -> None:
    name = f"character-{editor.recipe.seed if editor.recipe.seed is not None else 'latent'}"
    with st.container(horizontal=True):
        st.download_button(
            "Download PNG",
            data=editor.png,
            file_name=f"{name}.png",
            mime="image/png",
            icon=":material/download:",
            on_click="ignore",
            help="The picture as the model made it, with its recipe inside: load it here to go on.",
        )
        st.download_button(
            f"Large, {LARGE_PX} px",
            data=lambda: editor.png(LARGE_PX),
            file_name=f"{name}-{LARGE_PX}.png",
            mime="image/png",
            on_click="ignore",
            help="The same, enlarged smoothly.",
        )
    with st.expander("Load a downloaded picture", icon=":material/upload:"):
        st.file_uploader(
            "PNG with a recipe", type="png", key="upload", on_change=_open_upload, args=(editor,), max_upload_size=64
        )
        kind, words = st.session_state.get("upload_note", ("", ""))
        if kind:
            (st.success if kind == "ok" else st.warning)(words)
    originality.show(editor)


def _open_upload(editor: Editor) -> None:
    """Runs once per chosen file, before the page is drawn again."""
    upload = st.session_state.upload
    if upload is None:
        return
    try:
        editor.open_png(upload.getvalue())
        st.session_state.upload_note = ("ok", "The character of that picture is open.")
    except RecipeError as error:
        st.session_state.upload_note = ("bad", str(error))
