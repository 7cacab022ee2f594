"""The faces that are being labelled, opened once and shared by all visitors, with one thread that learns."""

import base64
import io
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st
from PIL import Image

from anime_gen.attributes import Vocabulary
from anime_gen.studio.practice import PRACTICE, PRACTICE_FACES, has_faces, make_practice
from anime_gen.tagging.active_learning.labelling_session import LabellingSession
from anime_gen.tagging.active_learning.page_features import collect_views
from anime_gen.tagging.classifiers.tagger import TAGGERS
from components.champion import open_champion
from components.project import data_folder, project

PROJECT = Path(__file__).parents[2]
SHIPPED_TAGGERS = PROJECT / "data" / "06_models" / "shipped" / "taggers"  # first votes where nothing was taught yet


logger = logging.getLogger(__name__)


@dataclass
class Bench:
    """A labelling session and the thread that learns from its answers."""

    work: LabellingSession
    folder: Path
    learner: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "label-learner"))
    failure: str = ""  # why the last lesson came to nothing

    @property
    def practising(self) -> bool:
        """Whether these are only the model's own faces."""
        return self.folder.name == PRACTICE

    def teach(self, lesson: Callable[..., object], *arguments: Any) -> None:
        """Run a lesson in the thread; if it fails, `failure` says so until a later one succeeds."""
        self.learner.submit(lesson, *arguments).add_done_callback(self._note)

    def _note(self, done: Future[object]) -> None:
        error = done.exception()
        self.failure = "" if error is None else str(error) or type(error).__name__
        if error is not None:
            logger.error("the Label page's learner failed", exc_info=error)


@st.cache_resource(show_spinner="Opening the faces …", max_entries=2)
def _open(folder: str, store_key: float) -> Bench:
    """The arguments are the key: another set of faces is another bench."""
    work = LabellingSession.open(Path(folder), Vocabulary.parse(project().parameters["attributes"]))
    bench, taggers = Bench(work, Path(folder)), [Path(folder) / TAGGERS, SHIPPED_TAGGERS]
    bench.teach(work.observe, lambda faces: collect_views(faces, work.vocabulary, taggers))
    return bench


def open_bench() -> Bench:
    """The bench; a page without faces says what to do, offers the model's own to practise on, and stops."""
    folder = data_folder()
    try:
        return _opened(folder)
    except (FileNotFoundError, ValueError) as error:
        practice = folder / PRACTICE
        if has_faces(practice):
            return _opened(practice)
        _stop(str(error), practice)


def _opened(folder: Path) -> Bench:
    manifest = folder / "02_intermediate" / "face_store.json"
    return _open(str(folder), manifest.stat().st_mtime if manifest.is_file() else 0.0)


def _stop(words: str, practice: Path) -> NoReturn:
    st.title("Nothing to label yet")
    st.markdown(f"{words} Until then, the faces of the model serve to try it.")
    pressed = st.button("Try it on faces of the model", icon=":material/school:")
    st.caption(f"Paints {PRACTICE_FACES} faces of the model that the page has open. Your own faces replace them.")
    if pressed:
        with st.spinner("Painting faces …"):
            make_practice(open_champion().renderer.bundle.generator, practice)
        st.rerun()
    st.stop()


@st.cache_data(show_spinner=False, max_entries=2000)
def picture_source(name: str, side: int, fingerprint: str) -> str:
    """One face as the source of an image, at most `side` pixels; `fingerprint` keeps sets of faces apart."""
    image = Image.fromarray(open_bench().work.picture(name))
    if image.width > side:
        image = image.resize((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
