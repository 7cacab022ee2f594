"""Say what you see: a few hundred key presses teach the sub-models a new set of faces."""

import streamlit as st
from components import label_questions as questions
from components.label_bench import open_bench
from components.label_table import table_exchange

GOAL = 150  # answers an attribute needs before its tags can be relied on
WORDS = f"""
Press the key that stands beside the answer, or the button itself; keys you type fast all count, each for the face that
was on show. **U** takes the last answer back and shows that face again.

- **Can't tell** is an answer too: the face is left out, nobody learns from it, and it is not asked again.
- **About {GOAL} answers** for each feature are worth giving. After that the guesses hardly get better; the line above
  says how many of them are right so far.
- Every answer is on the disk before the next face comes.
"""

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


def show_progress() -> None:
    """How far this attribute is, and whether the learner still learns."""
    progress = work.progress(name)
    words = [f"{progress.answered} answers"]
    if progress.skipped:
        words.append(f"{progress.skipped} can't tell")
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


@st.fragment
def asking() -> None:
    """All that an answer changes."""
    questions.keep_answers(bench)
    words = f"Which has more: {attribute.label.lower()}?" if attribute.kind == "continuous" else f"{attribute.label}?"
    st.header(words, help=attribute.help or None)
    show_progress()
    questions.ask(bench, attribute)


if bench.practising:
    st.info(
        "These are faces of the model itself, to try the page: answers teach nothing yet. To label your own pictures, "
        "run `kedro run --pipelines=ingest --params source.kind=folder,source.path=...`",
        icon=":material/school:",
    )
asking()
with st.expander("How this works", icon=":material/help:"):
    st.markdown(WORDS)

with st.sidebar.expander("Labels as a table"):
    table_exchange(bench)
