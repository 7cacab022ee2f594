"""Shape a character: sliders in measured units, the picture, undo, and a file that remembers everything."""

import io

import streamlit as st
from components import sliders
from components.champion import open_champion
from PIL import Image

from anime_gen.studio import Editor, Recipe, RecipeError, random_seed
from anime_gen.studio.recipe import MAX_SEED
from anime_gen.studio.wording import described

SHOWN_PX = 512
FIRST_SEED = 16

champion = open_champion()


def current_editor() -> Editor:
    """This visitor's document; a newly published model opens a new one."""
    editor = st.session_state.get("editor")
    if editor is None or editor.renderer is not champion.renderer:
        editor = st.session_state.editor = Editor(champion.renderer, Recipe(seed=FIRST_SEED))
    return editor


@st.cache_data(show_spinner=False, max_entries=256)
def enlarged(pixels: bytes, side: int) -> bytes:
    """The picture as JPEG at the size shown; smooth, because it is a drawing and not a diagram."""
    image = Image.frombytes("RGB", (side, side), pixels).resize((SHOWN_PX, SHOWN_PX), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def new_character(editor: Editor) -> None:
    editor.new_character(random_seed(), keep_wishes=st.session_state.keep_wishes)


def open_upload(editor: Editor) -> None:
    """Runs once per chosen file, before the page is drawn again."""
    upload = st.session_state.upload
    if upload is None:
        return
    try:
        editor.open_png(upload.getvalue())
        st.session_state.upload_note = ("ok", "The character of that picture is open.")
    except RecipeError as error:
        st.session_state.upload_note = ("bad", str(error))


def show_picture(editor: Editor) -> None:
    picture = editor.picture
    words = described(picture.measured, editor.bundle.tagger.vocabulary)
    st.image(enlarged(picture.pixels.tobytes(), len(picture.pixels)), width="stretch", alt=words)


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


def show_character(editor: Editor) -> None:
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
        st.button(
            "Random", icon=":material/casino:", shortcut="n", type="primary", on_click=new_character, args=(editor,)
        )
    st.checkbox("Keep my wishes for the next character", key="keep_wishes")
    st.session_state.psi = editor.recipe.psi
    st.slider(
        "Diversity",
        0.0,
        1.5,
        step=0.05,
        key="psi",
        help="0 is the average face, 1 as varied as the pictures the model learnt from; above 1 exaggerates.",
        on_change=lambda: editor.set_psi(st.session_state.psi),
    )


def show_files(editor: Editor) -> None:
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
            f"Large, {SHOWN_PX} px",
            data=lambda: editor.png(SHOWN_PX),
            file_name=f"{name}-{SHOWN_PX}.png",
            mime="image/png",
            on_click="ignore",
            help="The same, enlarged smoothly.",
        )
    with st.expander("Load a downloaded picture", icon=":material/upload:"):
        st.file_uploader(
            "PNG with a recipe", type="png", key="upload", on_change=open_upload, args=(editor,), max_upload_size=64
        )
        kind, words = st.session_state.get("upload_note", ("", ""))
        if kind:
            (st.success if kind == "ok" else st.warning)(words)


def show_sliders(editor: Editor) -> None:
    groups = editor.attributes
    counts = {group: sum(a.name in editor.recipe.targets for a in members) for group, members in groups.items()}

    def titled(group: str) -> str:
        return f"{group.capitalize()} · {counts[group]}" if counts[group] else group.capitalize()

    chosen = st.segmented_control(
        "Part of the character",
        list(groups),
        default=next(iter(groups)),
        required=True,
        format_func=titled,
        key="group",
        label_visibility="collapsed",
    )
    for attribute in groups[chosen or next(iter(groups))]:
        sliders.show(editor, attribute)


@st.fragment
def studio() -> None:
    """Everything that moves; a change runs this function again and nothing else."""
    editor = current_editor()
    left, right = st.columns([5, 7], gap="large")
    with left:
        show_picture(editor)
        show_steps(editor)
        show_character(editor)
        show_files(editor)
    with right:
        show_sliders(editor)
    st.caption(f"{champion.name} version {champion.version}, {editor.bundle.generator.config.resolution} px")


studio()
