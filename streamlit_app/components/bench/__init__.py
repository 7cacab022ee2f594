"""The work bench: the picture and its sliders as one component, so that the picture moves while a slider does."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from PIL import Image

from anime_gen.serving.rendering import Picture
from anime_gen.studio import Editor
from anime_gen.studio.character.picture_file import enlarged
from anime_gen.studio.character.rows import rows
from anime_gen.studio.wording import described
from components import live

HERE = Path(__file__).parent
KEY = "bench"
SHOWN_PX = 256

_component = st.components.v2.component(
    "anime_gen_bench",
    html=(HERE / "bench.html").read_text(encoding="utf-8"),
    css=(HERE / "bench.css").read_text(encoding="utf-8"),
    js=(HERE / "bench.js").read_text(encoding="utf-8"),
)


def show(editor: Editor, on_change: Callable[[], None]) -> None:
    """The bench; `on_change` runs after a wish or a lock became a new state, before anything is drawn again."""
    status = "Drag a slider: the picture follows. The line under it is what this character can reach."
    data = shown(editor, editor.picture, moving=False) | {
        "status": st.session_state.pop("bench.refused", status),
        "groups": _groups(editor),
        "answered": st.session_state.get("bench.answered", 0),
        "live": live.address_of(editor),
    }
    _component(
        data=data,
        key=KEY,
        on_wish_change=lambda: _changed("wish", lambda e: editor.set_target(e["name"], e["value"]), on_change),
        on_lock_change=lambda: _changed("lock", lambda e: editor.set_lock(e["name"], bool(e["locked"])), on_change),
    )


def shown(editor: Editor, picture: Picture, moving: bool) -> dict[str, Any]:
    """What the bench shows of a picture of this editor; one that is moving is gone in a moment."""
    return {
        "src": _data_url(picture, moving),
        "alt": described(picture.measured, editor.bundle.tagger.vocabulary),
        "rows": rows(editor, picture),
    }


def _changed(kind: str, apply: Callable[[dict[str, Any]], None], on_change: Callable[[], None]) -> None:
    event = (st.session_state.get(KEY) or {}).get(kind)
    if not event:
        return
    st.session_state["bench.answered"] = int(event["serial"])
    try:
        apply(event)
    except ValueError as error:
        st.session_state["bench.refused"] = f"{error}."
    on_change()


def _groups(editor: Editor) -> list[tuple[str, str]]:
    """Groups with the number of wishes and locks in them."""
    groups = []
    for group, members in editor.attributes.items():
        touched = sum(a.name in editor.recipe.targets or a.name in editor.recipe.locks for a in members)
        groups.append((group, f"{group.capitalize()} · {touched}" if touched else group.capitalize()))
    return groups


def _data_url(picture: Picture, moving: bool) -> str:
    """The picture as JPEG text: as it is while moving, else enlarged if it is small."""
    small = not moving and len(picture.pixels) < SHOWN_PX
    image = enlarged(picture.pixels, SHOWN_PX) if small else Image.fromarray(picture.pixels)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88 if moving else 95, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
