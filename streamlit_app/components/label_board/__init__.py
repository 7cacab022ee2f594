"""The board on which faces are answered about: keys count at once, whatever the server is doing (board.js)."""

from pathlib import Path

import streamlit as st

HERE = Path(__file__).parent

mount = st.components.v2.component(
    "label_board",
    html='<div id="board" tabindex="-1"></div>\n',
    css=(HERE / "board.css").read_text(),
    js=(HERE / "board.js").read_text(),
)
