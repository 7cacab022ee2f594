"""What is run for every visitor: the pages and what they have in common."""

import sys
from pathlib import Path

import streamlit as st

FOLDER = Path(__file__).parent
if str(FOLDER) not in sys.path:
    sys.path.append(str(FOLDER))  # so that pages find `components`, however this script is started

st.set_page_config(
    page_title="anime_gen", page_icon=str(FOLDER / "icon.png"), layout="wide"
)  # a Material icon would be fetched from its maker
st.html(FOLDER / "page.css")

PAGES = [
    ("create.py", "Create", ":material/tune:"),
    ("label.py", "Label", ":material/sell:"),
    ("model.py", "Model", ":material/info:"),
]
pages = [
    st.Page(str(FOLDER / "app_pages" / file), title=title, icon=icon, default=file == "create.py")
    for file, title, icon in PAGES
    if (FOLDER / "app_pages" / file).is_file()
]
st.navigation(pages, position="top").run()
