"""What model is open: where it comes from, what it was trained on, how well it does."""

import pandas as pd
import streamlit as st
from components.champion import open_champion

champion = open_champion()
bundle = champion.renderer.bundle

st.title(f"{champion.name}, version {champion.version}")
st.caption(f"Champion at {champion.uri}. Networks: {bundle.sha256[:12]}.")

figures = bundle.reports.get("generator", {})
shown = [
    ("kid", "KID", "Distance to held-out faces in our own features; lower is better."),
    ("kid_noise_floor", "KID of data", "The same between two halves of the data: nothing can be better."),
    ("density", "Density", "About 1 when faces lie where the data is dense."),
    ("coverage", "Coverage", "Share of the data's variety that is reached, 0 to 1."),
    ("vendi", "Vendi score", "How many different faces a sample is worth."),
]
known = [entry for entry in shown if isinstance(figures.get(entry[0]), int | float)]
if known:
    for column, (key, label, words) in zip(st.columns(len(known)), known, strict=True):
        column.metric(label, f"{figures[key]:.4g}", help=words)

st.subheader("Card")
for key, value in bundle.card.items():
    if isinstance(value, str | int | float) and value != "":
        words = f"{value:,}" if isinstance(value, int | float) else value
        st.markdown(f"{key.replace('_', ' ').capitalize()} · **{words}**".replace("$", "\\$"))

st.subheader("What can be moved")
edits, tags = bundle.reports.get("directions", {}), bundle.reports.get("tagging", {})
rows = []
for name in bundle.directions.attributes:
    attribute = bundle.tagger.vocabulary[name]
    low, high = bundle.directions.reach.get(name, (None, None))
    tag = tags.get(name, {})
    rows.append(
        {
            "Attribute": attribute.label,
            "Group": attribute.group,
            "Reach": "" if low is None or attribute.kind in ("categorical", "cyclic") else f"{low:.2f} to {high:.2f}",
            "Median miss": edits.get(name, {}).get("hit_median"),
            "Leakage": edits.get(name, {}).get("leakage_mean"),
            "Tagger (F1 or R²)": tag.get("macro_f1", tag.get("r2")),
            "Meaning": attribute.help,
        }
    )
st.dataframe(pd.DataFrame(rows).dropna(axis="columns", how="all"), hide_index=True, width="stretch")
st.caption("Reach is what directions alone were seen to do; misses and leakage were judged by a network of its own.")
