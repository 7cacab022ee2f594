"""Is this character new? Compared with the pictures the model learnt from."""

import numpy as np
import streamlit as st

from anime_gen.serving.bundle import Bundle
from anime_gen.studio import Editor
from anime_gen.studio.originality import Originality, judge
from components.project import data_folder

SHOWN_PX = 160


def show(editor: Editor) -> None:
    """The search takes less than a tenth of a second, and is kept by picture."""
    if editor.bundle.originals is None:
        st.caption("Is it new? This model came without notes on what it learnt from, so the page can't tell.")
    else:
        _verdict(_judged(editor.picture.pixels, editor.bundle.sha256, editor.bundle))


@st.cache_data(show_spinner=False, max_entries=64)
def _judged(pixels: np.ndarray, sha256: str, _bundle: Bundle) -> Originality:
    """Kept by picture and model: `sha256` is in the key for that."""
    assert _bundle.originals is not None
    return judge(pixels, _bundle.originals, data_folder())


def _verdict(found: Originality) -> None:
    (st.warning if found.likeness.too_near else st.success)(found.sentence)
    if found.nearest is not None:
        st.image(
            found.nearest,
            caption="The nearest of the pictures the model learnt from",
            width=SHOWN_PX,
            alt="The nearest of the pictures the model learnt from",
        )
    else:
        st.caption("The nearest picture itself is not on this machine.")
