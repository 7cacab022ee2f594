"""This visitor's document: found again by a cookie of the browser, saved after every step, shown by its own model."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from anime_gen.images.files import DiskFullError
from anime_gen.studio import Editor, Recipe, RecipeError
from anime_gen.studio.character.acceptance import accepted
from anime_gen.studio.character.address import address_of, recipe_at
from anime_gen.studio.character.history import History
from anime_gen.studio.finding.finder import Finder
from anime_gen.studio.project.document import Document, DocumentError
from anime_gen.studio.project.shelf import OpenDocument, Shelf
from anime_gen.studio.wording import literal
from components import memory
from components.champion import Opened, open_model
from components.project import project

FIRST_SEED = 10
FOLDER = "studio"  # below the data folder


def shelf() -> Shelf:
    """Where the artists' projects lie; the environment variable ANIME_GEN_STUDIO names another place."""
    return _shelf(os.environ.get("ANIME_GEN_STUDIO") or str(project().data_folder / FOLDER))


@st.cache_resource(show_spinner=False, max_entries=2)
def _shelf(folder: str) -> Shelf:
    return Shelf(Path(folder))


@st.cache_resource(show_spinner="Getting to know the model …", max_entries=2)
def finder(sha256: str, _renderer: object) -> Finder:
    """What proposes characters of a model; one for all visitors, for it measures a crowd first."""
    return Finder(_renderer)  # type: ignore[arg-type]


def open_document(champion: Opened) -> OpenDocument:
    """The project this browser worked on last, or a new one; the character in the address is shown."""
    key = st.session_state.get("project") or memory.remembered()
    try:
        opened = shelf().open(key) or shelf().create(_fresh(champion))
    except DocumentError as error:
        st.warning(literal(str(error)), icon=":material/report:")
        opened = shelf().create(_fresh(champion))
    if "project" not in st.session_state:
        st.session_state.project = opened.key
        _follow_address(opened.document, champion)
    st.session_state.project = opened.key
    return opened


def editor_of(opened: OpenDocument, champion: Opened) -> Editor:
    """The document in the hands of the model that its character was made with."""
    history = opened.document.history
    model = open_model(history.current.model_sha256, champion)
    if model is None:
        st.warning("The model of this character is gone. The new one shows the same number as another face.")
        model = champion
    try:
        accepted(replace(history.current, model_sha256=model.renderer.bundle.sha256), model.renderer.bundle)
    except RecipeError as error:  # a project edited by hand
        st.warning(literal(f"This step cannot be shown. {error}"))
        history.push(Recipe(seed=FIRST_SEED, model_sha256=model.renderer.bundle.sha256))
    editor = st.session_state.get("editor")
    if editor is None or editor.renderer is not model.renderer or editor.history is not history:
        editor = st.session_state.editor = Editor(model.renderer, history=history)
    return editor


@contextmanager
def saving(opened: OpenDocument) -> Iterator[DeltaGenerator]:
    """Write what changed while the page is drawn, for a disk can take as long as a picture.

    Gives the place above for notices, where what became of it is said.
    """
    notices = st.container()
    _tell_address(opened)
    with ThreadPoolExecutor(1) as beside:
        written = beside.submit(shelf().save, opened)
        try:
            yield notices
        finally:
            with notices:
                _tell_what_became(written, opened)


def save(opened: OpenDocument) -> None:
    """Write what changed, at once."""
    with saving(opened):
        pass


def _tell_what_became(written: Future[bool], opened: OpenDocument) -> None:
    """A full disk is said; what is on it stays as it is."""
    try:
        written.result()
    except DiskFullError:
        st.error("The disk is full: your last steps are not saved yet. Free some space; the page saves by itself.")
    except OSError as error:
        st.error(literal(f"Your last steps could not be saved ({error.strerror}). The page tries again at every step."))
    if opened.note:
        st.warning(literal(opened.note))
        opened.note = ""


def _tell_address(opened: OpenDocument) -> None:
    address = address_of(opened.document.history.current)
    if st.query_params.to_dict() != address:
        st.query_params.from_dict(address)


def _fresh(champion: Opened) -> Document:
    return Document(History(Recipe(seed=FIRST_SEED, model_sha256=champion.renderer.bundle.sha256)))


def _follow_address(document: Document, champion: Opened) -> None:
    """Open the character that the address names, if it is another than the one shown last."""
    said, history = st.query_params.to_dict(), document.history
    if not said or said == address_of(history.current):
        return
    bundle = champion.renderer.bundle
    try:
        history.push(recipe_at(said, bundle.tagger.vocabulary, bundle.sha256))
    except RecipeError as error:
        st.session_state["address_note"] = f"The address names no character: {error}"
