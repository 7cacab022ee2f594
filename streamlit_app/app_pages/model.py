"""About the model: in an artist's words first, figures below, and a choice of versions."""

from dataclasses import replace

import pandas as pd
import streamlit as st
from components import document
from components.champion import open_champion, open_model, versions

from anime_gen.studio.about import sentences
from anime_gen.studio.wording import literal

champion = open_champion()
opened = document.open_document(champion)
history = opened.document.history
known = versions(champion)
in_use = history.current.model_sha256 or champion.renderer.bundle.sha256


def titled(version: str) -> str:
    tags = known[version]
    marks = ["on offer" if version == champion.version else "", "yours now" if tags.get("sha256") == in_use else ""]
    size = f"{tags['resolution']} px" if "resolution" in tags else ""
    return ", ".join([f"Version {version}", *filter(None, [size, *marks])])


def work_with(sha256: str) -> None:
    """The character's numbers, in the hands of another model; one step back undoes it."""
    history.push(replace(history.current, model_sha256=sha256, measured={}))
    document.save(opened)


st.title("About this model")
start = next((version for version, tags in known.items() if tags.get("sha256") == in_use), champion.version)
version = st.selectbox("Version", list(known), index=list(known).index(start), format_func=titled, key="model.version")
model = open_model(known[version].get("sha256", ""), champion)
if model is None:
    st.warning("The files of this version are gone; choose another one.")
    st.stop()
bundle = model.renderer.bundle
if bundle.sha256 != in_use:
    st.button(
        "Work with this version",
        icon=":material/swap_horiz:",
        on_click=work_with,
        args=(bundle.sha256,),
        help="Your character's number shows another face there. Undo on the page Create brings the old one back.",
    )

st.markdown("\n".join(f"- {literal(sentence)}" for sentence in sentences(bundle)))
figures = bundle.reports.get("generator", {})
SHOWN = [
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


def show_figures() -> None:
    given = [entry for entry in SHOWN if isinstance(figures.get(entry[0]), int | float)]
    for first in range(0, len(given), 5):
        for column, (key, label, words) in zip(st.columns(5), given[first : first + 5], strict=False):
            column.metric(label, f"{figures[key]:.3g}", help=words)
    if figures.get("density_alarm"):
        st.caption("Density is above 1.3: the samples crowd where the data is dense; trust spread more than coverage.")


def show_card() -> None:
    for key, value in bundle.card.items():
        if isinstance(value, str | int | float) and value != "" and key != "note":
            words = f"{value:,}" if isinstance(value, int | float) else literal(value)
            st.markdown(f"{literal(key.replace('_', ' ').capitalize())} · **{words}**")
    st.caption(literal(f"{model.name} version {model.version} at {model.uri}; networks {bundle.sha256[:12]}."))


def show_attributes() -> None:
    edits, tags = bundle.reports.get("directions", {}), bundle.reports.get("tagging", {})
    rows = []
    for name in bundle.directions.attributes:
        attribute = bundle.tagger.vocabulary[name]
        low, high = bundle.directions.reach.get(name, (None, None))
        plain = low is not None and attribute.kind not in ("categorical", "cyclic")
        tag = tags.get(name, {})
        rows.append(
            {
                "Attribute": attribute.label,
                "Group": attribute.group,
                "Reach": f"{low:.2f} to {high:.2f}" if plain else "",
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
        "against asked), frequencies off (share of faces that would have to change class), misses and leakage were "
        "judged by a network of its own."
    )


with st.expander("Figures, for experts", icon=":material/monitoring:", key="model.expert"):
    show_figures()
    st.subheader("Card")
    st.markdown(literal(str(bundle.card.get("note") or "")))
    show_card()
    st.subheader("What can be moved")
    show_attributes()
