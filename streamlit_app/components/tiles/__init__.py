"""Pictures to choose from, each with what can be done with it; or side by side, to compare."""

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from anime_gen.studio.character.picture_file import enlarged

HERE = Path(__file__).parent
THUMBNAIL_PX = 224
CRISP_PX = 128  # where there are many
CRISPER_PX = 256  # where one is looked at closely
"""Enlarging further takes four times as long, and a sheet has a dozen pictures."""

_component = st.components.v2.component(
    "anime_gen_tiles",
    html='<div class="frame"><ul class="sheet"></ul></div>\n',
    css=(HERE / "tiles.css").read_text(encoding="utf-8"),
    js=(HERE / "tiles.js").read_text(encoding="utf-8"),
)

BESIDE_PX = 260
"""How wide pictures that are compared may become."""

Action = tuple[str, str, Callable[[str], None]]
"""Its name, what the button says, and what it does with the tile's key. The first one is the picture itself."""


@dataclass(frozen=True)
class Tile:
    """One picture: a key that comes back, a data URL, words for who cannot see it, a title and a line below."""

    key: str
    src: str
    alt: str
    title: str
    note: str = ""
    chosen: bool = False


def show(key: str, tiles: Sequence[Tile], actions: Sequence[Action], side: int = 172) -> None:
    """The sheet; what an action does is done before anything is drawn again."""

    def act() -> None:
        event = (st.session_state.get(key) or {}).get("act")
        if event and event["key"] in {tile.key for tile in tiles}:
            next(do for name, _, do in actions if name == event["action"])(event["key"])

    data = {"tiles": [asdict(tile) for tile in tiles], "actions": [action[:2] for action in actions], "side": side}
    _component(data=data, key=key, on_act_change=act)


def beside(key: str, tiles: Sequence[Tile]) -> None:
    """Pictures to compare: in one row, however narrow the window is."""
    _component(data={"tiles": [asdict(tile) for tile in tiles], "actions": [], "side": BESIDE_PX}, key=key)


def thumbnail(pixels: np.ndarray, crisp_px: int = CRISP_PX) -> str:
    """A picture uint8 [r, r, 3] as the text of a small JPEG; below `crisp_px` it is first enlarged with crisp lines."""
    crisp = enlarged(pixels, max(len(pixels), crisp_px))
    small = crisp.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=90)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
