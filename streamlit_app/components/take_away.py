"""Take a character along in every form a drawing program wants, and bring one back."""

import numpy as np
import streamlit as st

from anime_gen.studio import Editor, RecipeError, animation, palette
from anime_gen.studio.export import png_of
from anime_gen.studio.page_items import page_pdf, page_png
from anime_gen.studio.sheet import character_sheet
from anime_gen.studio.wording import literal
from components import originality

SIZES_PX = (512, 1024)


def show(editor: Editor) -> None:
    stem = f"character-{editor.recipe.seed if editor.recipe.seed is not None else 'latent'}"
    _download("Download PNG", editor.png, f"{stem}.png", "The picture as made, its recipe inside: open it here again.")
    panel = st.expander("Take along", icon=":material/download:", key="take_away", on_change="rerun")
    if panel.open:
        with panel:
            _pictures(editor, stem)
            _sheet(editor, stem)
            _palette(editor, stem)
            _film(editor, stem)
    with st.expander("Open a saved character", icon=":material/upload:"):
        st.file_uploader(
            "Picture or recipe from this page",
            type=["png", "json"],
            key="upload",
            on_change=_open_upload,
            args=(editor,),
            max_upload_size=64,
        )
        kind, words = st.session_state.pop("upload_note", ("", ""))  # gone with the next action
        if kind:
            (st.success if kind == "ok" else st.warning)(words)
    originality.show(editor)


def _download(label: str, data: object, file_name: str, words: str | None = None) -> None:
    """A button whose file is made when it is pressed."""
    st.download_button(label, data, file_name, key=f"download.{label}", on_click="ignore", help=words)


def _pictures(editor: Editor, stem: str) -> None:
    with st.container(horizontal=True):
        for side in SIZES_PX:
            data, name = (lambda side=side: editor.png(side)), f"{stem}-{side}.png"
            _download(f"{side} px", data, name, "Enlarged smoothly, with its recipe inside.")
        _download("Recipe", editor.json, f"{stem}.json", "Everything that makes the picture again, as text.")


def _sheet(editor: Editor, stem: str) -> None:
    """Made when the button is pressed: about ten pictures, a few seconds."""
    title = st.text_input("Name on the character sheet", key="sheet_name", max_chars=80) or stem
    with st.container(horizontal=True):
        words = "Expressions, turns, colours and measured values on one page; takes a few seconds."
        _download("Sheet as PNG", lambda: page_png(character_sheet(editor, title)), f"{stem}-sheet.png", words)
        _download("Sheet as PDF", lambda: page_pdf(character_sheet(editor, title)), f"{stem}-sheet.pdf", words)


def _palette(editor: Editor, stem: str) -> None:
    colours = palette.palette_of(editor.picture.pixels)
    words = ", ".join(f"{colour.name} {colour.hex}" for colour in colours)
    st.image(palette.swatch_picture(colours), width="stretch", alt=f"Palette: {words}")
    with st.container(horizontal=True):
        _download("Palette .gpl", palette.to_gpl(colours, stem), f"{stem}.gpl", "For GIMP, Krita, Inkscape, Aseprite.")
        _download("Palette .ase", palette.to_ase(colours), f"{stem}.ase", "For Photoshop, Illustrator, Affinity.")
        _download("Palette .png", png_of(palette.swatch_picture(colours)), f"{stem}-palette.png")


def _film(editor: Editor, stem: str) -> None:
    if not editor.recipe.targets:
        st.caption("Once you have moved a slider, a film from the character you began with to this one waits here.")
        return
    with st.container(horizontal=True):
        for kind, encode in (("GIF", animation.to_gif), ("WebP", animation.to_webp), ("MP4", animation.to_mp4)):
            data, name = (lambda encode=encode: encode(_frames(editor))), f"{stem}.{kind.lower()}"
            _download(f"Film {kind}", data, name, "From the character without wishes to this one, and back.")


def _frames(editor: Editor) -> list[np.ndarray]:
    return animation.frames(editor.renderer, editor.beginning.ws, editor.picture.ws)


def _open_upload(editor: Editor) -> None:
    """Runs once per chosen file, before the page is drawn again."""
    upload = st.session_state.upload
    if upload is None:
        return
    try:
        editor.open_file(upload.getvalue())
        st.session_state.upload_note = ("ok", "The character of that file is open.")
    except RecipeError as error:
        st.session_state.upload_note = ("bad", literal(str(error)))
