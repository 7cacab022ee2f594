"""Shape a character: its picture, and sliders by group."""

import io

import streamlit as st
from PIL import Image

from anime_gen.studio import Editor
from anime_gen.studio.wording import described
from components import sliders

SHOWN_PX = 512


def show_picture(editor: Editor) -> None:
    picture = editor.picture
    words = described(picture.measured, editor.bundle.tagger.vocabulary)
    st.image(_enlarged(picture.pixels.tobytes(), len(picture.pixels)), width="stretch", alt=words)


@st.cache_data(show_spinner=False, max_entries=256)
def _enlarged(pixels: bytes, side: int) -> bytes:
    """The picture as JPEG at the size shown; smooth, because it is a drawing and not a diagram."""
    image = Image.frombytes("RGB", (side, side), pixels).resize((SHOWN_PX, SHOWN_PX), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


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
