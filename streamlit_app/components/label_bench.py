"""The faces that are being labelled, opened once and shared by all visitors, with one thread that learns."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from anime_gen.attributes import Vocabulary
from anime_gen.tagging.active_learning.labelling_session import LabellingSession
from anime_gen.tagging.active_learning.page_features import collect_views
from anime_gen.tagging.group_training import TAGGERS
from components.project import data_folder, project

PROJECT = Path(__file__).parents[2]
SHIPPED_TAGGERS = PROJECT / "data" / "06_models" / "shipped" / "taggers"  # first votes where nothing was taught yet


logger = logging.getLogger(__name__)


@dataclass
class Bench:
    """A labelling session and the thread that learns from its answers."""

    work: LabellingSession
    learner: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "label-learner"))
    failure: str = ""  # why the last lesson came to nothing

    def teach(self, lesson: Callable[..., object], *arguments: Any) -> None:
        """Run a lesson in the thread; if it fails, `failure` says so until a later one succeeds."""
        self.learner.submit(lesson, *arguments).add_done_callback(self._note)

    def _note(self, done: Future[object]) -> None:
        error = done.exception()
        self.failure = "" if error is None else str(error) or type(error).__name__
        if error is not None:
            logger.error("the Label page's learner failed", exc_info=error)


@st.cache_resource(show_spinner="Opening the faces …", max_entries=1)
def _open(folder: str, store_key: float) -> Bench:
    """The arguments are the key: another set of faces is another bench."""
    work = LabellingSession.open(Path(folder), Vocabulary.parse(project().parameters["attributes"]))
    bench, taggers = Bench(work), [Path(folder) / TAGGERS, SHIPPED_TAGGERS]
    bench.teach(work.look, lambda faces: collect_views(faces, work.vocabulary, taggers))
    return bench


def open_bench() -> Bench:
    """The bench; a page without faces says in plain words what to do, and stops."""
    folder = data_folder()
    manifest = folder / "02_intermediate" / "face_store.json"
    try:
        return _open(str(folder), manifest.stat().st_mtime if manifest.is_file() else 0.0)
    except (FileNotFoundError, ValueError) as error:
        st.title("Nothing to label yet")
        st.markdown(str(error))
        st.caption("This page looks again when you reload it.")
        st.stop()


@st.cache_data(show_spinner=False, max_entries=2000)
def picture_bytes(name: str, side: int, fingerprint: str) -> bytes:
    """One face as PNG, enlarged to at least ``side`` pixels; ``fingerprint`` keeps sets of faces apart."""
    import io

    from PIL import Image

    image = Image.fromarray(open_bench().work.picture(name))
    scale = max(1, -(-side // image.width))
    buffer = io.BytesIO()
    image.resize((image.width * scale, image.height * scale), Image.Resampling.LANCZOS).save(buffer, "PNG")
    return buffer.getvalue()
