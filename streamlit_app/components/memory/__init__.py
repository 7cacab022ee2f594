"""What the browser remembers: which project it worked on last."""

from pathlib import Path

import streamlit as st

COOKIE = "anime_gen_project"

_component = st.components.v2.component(
    "anime_gen_memory", js=(Path(__file__).parent / "memory.js").read_text(encoding="utf-8")
)


def remembered() -> str:
    """The key in the browser's cookie; empty in a browser that was never here."""
    return str(st.context.cookies.get(COOKIE, ""))


def remember(key: str) -> None:
    """Leave the key with the browser."""
    _component(data={"cookie": COOKIE, "key": key}, key="memory", height=1)
