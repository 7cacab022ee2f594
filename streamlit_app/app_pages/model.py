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
    ("kid_centre", "KID of the face", "The same for the middle of the picture: brows, eyes, mouth."),
    ("spread_mean", "Spread", "How much attributes vary, as a share of the data's; 1 is wanted."),
    ("obedience_median", "Obedience", "How well faces show the tags they were made from; 1 is perfect."),
    ("eyes_match", "Eyes match", "Share of faces whose irises differ no more than the data's."),
    ("density", "Density", "About 1 when faces lie where the data is dense; above 1.3 they crowd there."),
    ("coverage", "Coverage", "Share of the data's faces that have a sample near them; rises when samples crowd."),
    ("vendi", "Vendi score", "How many different faces a sample is worth."),
]
known = [entry for entry in shown if isinstance(figures.get(entry[0]), int | float)]
if known:
    for first in range(0, len(known), 5):
        for column, (key, label, words) in zip(st.columns(5), known[first : first + 5], strict=False):
            column.metric(label, f"{figures[key]:.3g}", help=words)
if figures.get("density_alarm"):
    st.caption("Density is above 1.3: the samples crowd where the data is dense, so trust spread more than coverage.")

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
            "Spread": (figures.get("spread") or {}).get(name),
            "Obedience": (figures.get("obedience") or {}).get(name),
            "Frequencies off": (figures.get("class_distance") or {}).get(name),
            "Median miss": edits.get(name, {}).get("hit_median"),
            "Leakage": edits.get(name, {}).get("leakage_mean"),
            "Tagger (F1 or R²)": tag.get("macro_f1", tag.get("r2")),
            "Meaning": attribute.help,
        }
    )
st.dataframe(pd.DataFrame(rows).dropna(axis="columns", how="all"), hide_index=True, width="stretch")
st.caption(
    "Reach is what directions alone were seen to do. Spread (generated faces against the data's), obedience (shown "
    "against asked), frequencies off (share of faces that would have to change class), misses and leakage were judged "
    "by a network of its own."
)
