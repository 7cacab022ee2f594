"""The server of the page: `make app`, or `streamlit run streamlit_app/streamlit_app.py`.

It serves the script pages.py, and pictures for sliders under way, which go past it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Thread

import streamlit as st
from components.live import route


def prepare() -> None:
    """Open the model while the first visitor's browser loads the page."""
    from components.champion import open_early

    open_early()


@asynccontextmanager
async def lifespan(_server: st.App) -> AsyncIterator[None]:
    """What begins with the server."""
    Thread(target=prepare, daemon=True).start()
    yield


app = st.App("pages.py", routes=[route(st.get_option("server.baseUrlPath"))], lifespan=lifespan)
