"""The project whose settings the page follows: `streamlit run streamlit_app.py -- --env=smoke`, or KEDRO_ENV."""

import argparse
import os
import sys
from pathlib import Path

import streamlit as st

from anime_gen.project import Project, open_project

ROOT = Path(__file__).parents[2]
MAIN = "streamlit_app.py"


def project() -> Project:
    """The project at this moment: a run or an edited file in conf/ may have changed which source is at hand."""
    options = options_given()
    env = options.env or os.environ.get("KEDRO_ENV")
    conf = ROOT / (options.conf_source or "conf")
    written = max((file.stat().st_mtime_ns for file in conf.rglob("*.yml")), default=0)
    opened, book = _open(env, options.conf_source, options.params, written)
    if opened.book.written() != book:  # a run went on to another source
        _open.clear()
        opened, _ = _open(env, options.conf_source, options.params, written)
    return opened


def data_folder() -> Path:
    """Where everything of the source at hand lies; the environment variable ANIME_GEN_DATA names another place."""
    return Path(os.environ.get("ANIME_GEN_DATA") or project().source_folder)


def options_given() -> argparse.Namespace:
    """What was written behind `--`; nothing when the page is run by a test."""
    parser = argparse.ArgumentParser(prog=MAIN)
    for option in ("--env", "--conf-source", "--params"):
        parser.add_argument(option)
    ours = Path(sys.argv[0]).name == MAIN
    return parser.parse_args(sys.argv[1:] if ours else [])


@st.cache_resource(show_spinner=False, max_entries=4)
def _open(env: str | None, conf_source: str | None, params: str | None, written: int) -> tuple[Project, int]:
    """Reading settings takes longer than a slider's move: once for each state of the files (`written`)."""
    given = {}
    if params:
        from anime_gen.project.known import known_parameters
        from anime_gen.project.option import read_params

        given = read_params(params, known_parameters())
    opened = open_project(ROOT, env, conf_source, given)
    return opened, opened.book.written()
