"""Labels out to a table and in from one, with every problem named by its row."""

import pandas as pd
import streamlit as st

from anime_gen.labels.exchange import export_csv, import_table, names_of
from anime_gen.labels.table import LabelError
from anime_gen.studio.wording import literal
from components.label_bench import Bench


def table_exchange(bench: Bench) -> None:
    """A download of all answers, and an upload that takes all rows or none."""
    index = pd.read_parquet(bench.folder / "02_intermediate" / "face_index.parquet")
    work = bench.work
    st.download_button(
        "Download labels.csv", lambda: export_csv(work.vocabulary, index, work.store), "labels.csv", "text/csv"
    )
    sent = st.file_uploader("Upload labels.csv", type=["csv", "tsv", "txt"], key="label.upload")
    replace = st.checkbox("Replace answers that differ", key="label.replace")
    if sent is not None and st.button("Take over", key="label.import"):
        try:
            by = work.by(st.session_state.get("label.who") or "artist", "import")
            taken = import_table(sent.getvalue(), sent.name, work.vocabulary, names_of(index), work.store, by, replace)
        except LabelError as error:
            st.error("  \n".join(literal(line) for line in str(error).splitlines()))
        else:
            st.success(f"{taken.new} new labels")
            if taken.unknown_columns:
                st.warning(f"Not used, for they are no attributes: {', '.join(map(literal, taken.unknown_columns))}")
