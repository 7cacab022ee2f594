"""Shape a character: its picture with sliders that move it while they are dragged, and the steps back and forth."""

import streamlit as st

from components import bench, find, keep
from components.desk import Desk


def show(desk: Desk) -> None:
    keep.show_steps(desk)
    _bench(desk)
    with st.expander("Number and diversity", icon=":material/tag:"):
        find.show_number(desk.editor)
    keep.show_history(desk)


@st.fragment
def _bench(desk: Desk) -> None:
    """What a drag runs again, and nothing else."""
    bench.show(desk.editor, on_change=lambda: st.rerun("studio"))
