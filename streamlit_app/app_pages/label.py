"""Say what you see: a few hundred key presses teach the sub-models a new set of faces."""

import streamlit as st
from components import label_questions as questions
from components.label_bench import open_bench
from components.label_table import table_exchange

GOAL = 150  # answers an attribute needs before its tags can be relied on

bench = open_bench()
work = bench.work
KINDS = (
    "binary",
    "categorical",
    "continuous",
)  # quickest first; a hue is not asked: it follows from the colour's class
asked_about = [a for kind in KINDS for a in work.vocabulary.values() if a.kind == kind]

with st.sidebar:
    name = st.selectbox(
        "What do you look at?",
        [a.name for a in asked_about],
        format_func=lambda key: work.vocabulary[key].label,
        key="label.attribute",
    )
    st.text_input("Your name", key="label.who", placeholder="artist")
attribute = work.vocabulary[name]

progress = work.progress(name)
title, undo_place = st.columns([5, 1], vertical_alignment="bottom")
if attribute.kind == "continuous":
    title.header(f"Which has more: {attribute.label.lower()}?", help=attribute.help or None)
else:
    title.header(f"{attribute.label}?", help=attribute.help or None)
undo_place.button(
    "Undo",
    icon=":material/undo:",
    shortcut="u",
    disabled=not st.session_state.get("label.undo"),
    on_click=questions.undo,
    args=(bench,),
)
words = [f"{progress.answered} answers"]
if progress.seconds_each:
    words.append(f"{progress.seconds_each:.1f} s each")
if progress.score is not None:
    words.append(f"guesses so far: {max(0.0, progress.score):.0%} right")
elif not work.learning and not bench.failure:
    words.append("getting to know the faces …")
st.progress(min(1.0, progress.answered / GOAL), text=" · ".join(words))

if bench.failure:
    reason = bench.failure.replace("$", "\\$")
    st.warning(f"The learner stopped: {reason}\n\nEvery answer is kept, and questions go on without it.")

if attribute.kind == "continuous":
    questions.pair(bench, attribute)
elif (
    st.segmented_control("Show", ["One", "Twenty"], default="One", key="label.mode", label_visibility="collapsed")
    == "Twenty"
):
    questions.grid(bench, attribute)
else:
    questions.one_at_a_time(bench, attribute)

with st.sidebar.expander("Labels as a table"):
    table_exchange(bench)
