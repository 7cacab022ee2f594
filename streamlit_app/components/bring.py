"""Bring something in: what was taken away from this page, or any picture, after which a character is made."""

import streamlit as st

from anime_gen.studio import RecipeError
from anime_gen.studio.character.own_picture import Brought, PictureError, bring
from anime_gen.studio.character.picture_file import NoRecipeError, may_hold_recipe
from anime_gen.studio.project.document import DocumentError
from anime_gen.studio.project.zipped import unpack
from anime_gen.studio.wording import described, literal
from components import document, tiles
from components.desk import Desk

WAITING, MADE, NOTE = "bring.file", "bring.made", "upload_note"
KINDS = ["png", "jpg", "jpeg", "webp", "json", "zip"]
ANOTHER_HAND = (
    "Your picture is drawn in another style than this model knows. It made what it can; what it reads in your picture "
    "is less sure, and lines and shading are its own. Look at both before you go on."
)
CUT_IT = (
    "This part of your picture was used. If the face is small or elsewhere in it, cut it to the head and shoulders."
)


def show(desk: Desk) -> None:
    """One place for every kind of file."""
    _note()
    st.file_uploader(
        "A drawing of yours, or a picture, recipe or project from this page",
        type=KINDS,
        key="upload",
        on_change=_receive,
        args=(desk,),
        max_upload_size=64,
        help="A picture without a recipe is taken as a model: a character that resembles it is made.",
    )
    if WAITING in st.session_state:
        _make(desk)
    if MADE in st.session_state:
        _offer(desk, st.session_state[MADE])


def is_busy() -> bool:
    """Whether a picture waits, or a character made after one."""
    return WAITING in st.session_state or MADE in st.session_state


def say(kind: str, words: str) -> None:
    """Say this once on the page as it is drawn next; `kind` is ok or bad."""
    st.session_state[NOTE] = (kind, words)


def open_project(key: str) -> None:
    """Go on with another project; the one before can be gone back to."""
    st.session_state["project.before"], st.session_state.project = st.session_state.project, key


def _receive(desk: Desk) -> None:
    """Runs once per chosen file, before the page is drawn again."""
    for key in (WAITING, MADE):
        st.session_state.pop(key, None)
    upload = st.session_state.upload
    if upload is None:
        return
    data = upload.getvalue()
    try:
        if data.startswith(b"PK"):
            _take_project(data)
            say("ok", "That project is open; the one before is kept.")
        elif may_hold_recipe(data):
            desk.editor.open_file(data)
            say("ok", "The character of that file is open.")
        else:
            st.session_state[WAITING] = data
    except NoRecipeError:
        st.session_state[WAITING] = data
    except (RecipeError, DocumentError) as error:
        say("bad", literal(str(error)))


def _take_project(data: bytes) -> None:
    """As a project of its own: nothing of the one that is open changes."""
    brought, pictures = unpack(data)
    opened = document.shelf().create(brought)
    for key, png in pictures.items():
        document.shelf().keep_picture(opened, key, png)
    open_project(opened.key)


def _make(desk: Desk) -> None:
    """Some seconds; if something else is pressed meanwhile, it begins again when this is drawn again."""
    bar = st.progress(0.0, text="Looking at your picture …")
    try:
        made = bring(
            desk.editor.renderer,
            st.session_state[WAITING],
            lambda share: bar.progress(share, text="Making a character like it …"),
        )
    except PictureError as error:
        st.warning(literal(str(error)))
    else:
        st.session_state[MADE] = made
    bar.empty()
    del st.session_state[WAITING]


def _offer(desk: Desk, made: Brought) -> None:
    vocabulary = desk.editor.bundle.tagger.vocabulary
    words = described(made.picture.measured, vocabulary)
    tiles.beside(
        "bring.beside",
        [
            tiles.Tile("yours", tiles.thumbnail(made.seen), "The part of your picture that was used", "Your picture"),
            tiles.Tile("made", tiles.thumbnail(made.picture.pixels, tiles.CRISPER_PX), words, "Made after it"),
        ],
    )
    with st.container(horizontal=True):
        st.button("Go on with it", icon=":material/tune:", type="primary", on_click=_go_on, args=(desk, made))
        st.button("Leave it", on_click=_leave)
    if made.strange:
        st.warning(ANOTHER_HAND)
    st.caption(
        f"Its colours differ from your picture's by {made.colours_apart:.0%} of their range; those of other "
        f"characters by about {made.strangers_apart:.0%}. {CUT_IT}"
    )
    if made.unmet:
        st.markdown("##### What could not be met, and by how much")
        st.dataframe(
            [
                {"Attribute": g.label, "Yours": g.before, "Made": g.after, "Difference": round(g.share, 2)}
                for g in made.unmet
            ],
            hide_index=True,
            column_config={
                "Difference": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)
            },
        )
    else:
        st.caption("All that is measured is as in your picture.")


def _go_on(desk: Desk, made: Brought) -> None:
    desk.open(made.recipe)
    _leave()


def _leave() -> None:
    st.session_state.pop(MADE, None)


def _note() -> None:
    """What became of the last upload, said once: it is gone with the next action."""
    kind, words = st.session_state.pop(NOTE, ("", ""))
    if kind:
        (st.success if kind == "ok" else st.warning)(words)
