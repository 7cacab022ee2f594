"""Take characters along in every form a drawing program wants, and bring them back."""

import io

import numpy as np
import streamlit as st
from PIL import Image

from anime_gen.studio import Editor
from anime_gen.studio.character.picture_file import png_of
from anime_gen.studio.export import animation, palette
from anime_gen.studio.export.page_items import Page, page_pdf, page_png
from anime_gen.studio.export.sheet import character_sheet, contact_sheet
from anime_gen.studio.project.document import DocumentError
from anime_gen.studio.project.zipped import pack
from anime_gen.studio.wording import described, literal
from components import bring, document, originality
from components.desk import Desk

SIZES_PX = (512, 1024)
SHOWN_PX = 360


def show(desk: Desk) -> None:
    editor = desk.editor
    stem = f"character-{editor.recipe.seed if editor.recipe.seed is not None else 'latent'}"
    left, right = st.columns([2, 3], gap="large")
    with left:
        words = described(editor.picture.measured, editor.bundle.tagger.vocabulary)
        st.image(editor.png(SIZES_PX[0]), width=SHOWN_PX, alt=words)
        originality.show(editor)
    with right:
        _pictures(editor, stem)
        _sheet(editor, stem)
        _palette(editor, stem)
        _film(editor, stem)
        _project(desk)
        st.markdown("##### Open what you saved")
        bring.show(desk)


def _download(label: str, data: object, file_name: str, words: str | None = None) -> None:
    """A button whose file is made when it is pressed."""
    st.download_button(label, data, file_name, key=f"download.{label}", on_click="ignore", help=words)


def _pictures(editor: Editor, stem: str) -> None:
    st.markdown("##### Picture")
    with st.container(horizontal=True):
        _download("Download PNG", editor.png, f"{stem}.png", "As made, its recipe inside: open it here again.")
        for side in SIZES_PX:
            data, name = (lambda side=side: editor.png(side)), f"{stem}-{side}.png"
            _download(f"PNG {side} px", data, name, "Enlarged with crisp lines, its recipe inside.")
        _download("Recipe", editor.json, f"{stem}.json", "Everything that makes the picture again, as text.")


def _sheet(editor: Editor, stem: str) -> None:
    """Made when the button is pressed: about ten pictures, a few seconds."""
    st.markdown("##### Character sheet")
    title = st.text_input("Name on the sheet", key="sheet_name", max_chars=80, placeholder="Aoi") or stem
    with st.container(horizontal=True):
        words = "Expressions, turns, colours and measured values on one page; takes a few seconds."
        _download("Sheet as PNG", lambda: page_png(character_sheet(editor, title)), f"{stem}-sheet.png", words)
        _download("Sheet as PDF", lambda: page_pdf(character_sheet(editor, title)), f"{stem}-sheet.pdf", words)


def _palette(editor: Editor, stem: str) -> None:
    st.markdown("##### Palette")
    colours = palette.palette_of(editor.picture.pixels)
    words = ", ".join(f"{colour.name} {colour.hex}" for colour in colours)
    st.image(palette.swatch_picture(colours), width="stretch", alt=f"Palette: {words}")
    with st.container(horizontal=True):
        _download("Palette .gpl", palette.to_gpl(colours, stem), f"{stem}.gpl", "For GIMP, Krita, Inkscape, Aseprite.")
        _download("Palette .ase", palette.to_ase(colours), f"{stem}.ase", "For Photoshop, Illustrator, Affinity.")
        _download("Palette .png", png_of(palette.swatch_picture(colours)), f"{stem}-palette.png")


def _film(editor: Editor, stem: str) -> None:
    st.markdown("##### Film")
    if not editor.recipe.targets:
        st.caption("Once you have moved a slider, a film from the character you began with to this one waits here.")
        return
    with st.container(horizontal=True):
        for kind, encode in (("GIF", animation.to_gif), ("WebP", animation.to_webp), ("MP4", animation.to_mp4)):
            data, name = (lambda encode=encode: encode(_frames(editor))), f"{stem}.{kind.lower()}"
            _download(f"Film {kind}", data, name, "From the character without wishes to this one, and back.")


def _frames(editor: Editor) -> list[np.ndarray]:
    return animation.frames(editor.renderer, editor.beginning.ws, editor.picture.ws)


def _project(desk: Desk) -> None:
    st.markdown("##### Cast and project")
    with st.container(horizontal=True):
        if desk.document.cast:
            words = "Every character of the cast with its name, on one page."
            _download("Cast as PNG", lambda: page_png(_cast_sheet(desk)), "cast.png", words)
            _download("Cast as PDF", lambda: page_pdf(_cast_sheet(desk)), "cast.pdf", words)
        words = "Characters, history and pictures in one file: open it here, or on another machine with this model."
        _download("Whole project", lambda: pack(desk.document, _kept(desk)), "project.zip", words)
        if before := st.session_state.get("project.before"):
            st.button("Back to the project before", icon=":material/undo:", on_click=bring.open_project, args=(before,))
    with st.expander("Go on in another browser", icon=":material/devices:", key="project.elsewhere"):
        st.caption("The key of this project. Whoever has it can open the project on this page, so keep it to yourself.")
        st.code(desk.opened.key, language=None)
        st.text_input("Open a project by its key", key="project.key", max_chars=40, on_change=_open_key)


def _open_key() -> None:
    key = st.session_state["project.key"].strip().lower()
    try:
        opened = document.shelf().open(key)
    except DocumentError as error:
        bring.say("bad", literal(str(error)))
        return
    if opened is None:
        words = "No project on this page has that key. It has 32 letters and digits: copy it whole."
        bring.say("bad", words)
    elif key != st.session_state.project:
        bring.open_project(key)
        bring.say("ok", "That project is open; the one before is kept.")


def _kept(desk: Desk) -> dict[str, bytes]:
    """The pictures of the cast as they lie on disk, by key."""
    pictures = {member.key: document.shelf().picture(desk.opened, member.key) for member in desk.document.cast}
    return {key: png for key, png in pictures.items() if png is not None}


def _cast_sheet(desk: Desk) -> Page:
    kept = _kept(desk)
    shown = [(member.name, kept[member.key]) for member in desk.document.cast if member.key in kept]
    pictures = [(name, np.array(Image.open(io.BytesIO(png)).convert("RGB"))) for name, png in shown]
    return contact_sheet(pictures, desk.document.name)
