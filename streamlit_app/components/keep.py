"""Keep what was made: steps back and forth, all steps as pictures, and into the cast."""

from dataclasses import replace

import streamlit as st

from anime_gen.studio import Editor, Recipe
from anime_gen.studio.character.acceptance import can_be_shown
from anime_gen.studio.character.comparison import deed, differences
from anime_gen.studio.wording import described
from components import pictures, tiles
from components.desk import Desk

SHOWN = 24
"""Steps shown as pictures, the newest first."""
RESTORE = ("Everything", "Who it is", "Its wishes")


def show_steps(desk: Desk) -> None:
    editor, history = desk.editor, desk.editor.history
    with st.container(horizontal=True):
        st.button(
            "Undo", icon=":material/undo:", shortcut="mod+z", disabled=not history.can_undo, on_click=history.undo
        )
        st.button(
            "Redo", icon=":material/redo:", shortcut="mod+shift+z", disabled=not history.can_redo, on_click=history.redo
        )
        touched = bool(editor.recipe.targets or editor.recipe.locks)
        st.button("Reset all", icon=":material/restart_alt:", disabled=not touched, on_click=editor.reset)
        st.button(
            "Keep in the cast",
            icon=":material/bookmark_add:",
            shortcut="k",
            on_click=lambda: desk.keep(editor.recipe),
        )


def show_history(desk: Desk) -> None:
    """All steps, branches too; one of them beside the current state."""
    panel = st.expander("History", icon=":material/account_tree:", key="history.open", on_change="rerun")
    if not panel.open:
        return
    history = desk.editor.history
    mine = [step for step in history.steps if can_be_shown(step.state, desk.editor.bundle)]
    states = {step.number: step.state for step in history.steps}
    steps = {str(step.number): step for step in mine[::-1][:SHOWN]}
    vocabulary = desk.editor.bundle.tagger.vocabulary
    shown = []
    for key, step in steps.items():
        src, measured = pictures.small(desk.editor.renderer, step.state)
        parent = states.get(step.parent)
        done = "the beginning" if parent is None else deed(parent, step.state, vocabulary)
        if step.parent is not None and step.parent != step.number - 1:
            done += f" (a branch from step {step.parent})"
        here = step.number == history.place
        shown.append(tiles.Tile(key, src, described(measured, vocabulary), f"Step {key}", done, here))
    with panel:
        restore = st.segmented_control("Bring back", RESTORE, default=RESTORE[0], required=True, key="history.restore")
        actions = [
            ("restore", "Bring back", lambda key: _restore(desk.editor, int(key), restore)),
            ("compare", "Compare", lambda key: st.session_state.update({"history.compare": key})),
        ]
        tiles.show("history.sheet", shown, actions, side=110)
        other = st.session_state.get("history.compare")
        if other in steps:
            show_comparison(desk, steps[other].state, f"Step {other}")


def _restore(editor: Editor, number: int, what: str | None) -> None:
    history = editor.history
    state = next(step.state for step in history.steps if step.number == number)
    if what == RESTORE[1]:
        history.push(replace(state, targets=editor.recipe.targets, locks=editor.recipe.locks))
    elif what == RESTORE[2]:
        history.push(replace(editor.recipe, targets=state.targets, locks=state.locks))
    else:
        history.go_to(number)


def show_comparison(desk: Desk, other: Recipe, title: str) -> None:
    """A and B side by side, and a table of what differs."""
    vocabulary = desk.editor.bundle.tagger.vocabulary
    sides = [(title, other), ("Now", desk.editor.recipe)]
    shown = [(name, *pictures.small(desk.editor.renderer, recipe)) for name, recipe in sides]
    tiles.beside("history.beside", [tiles.Tile(name, src, described(m, vocabulary), name) for name, src, m in shown])
    table = differences(vocabulary, *[measured for _, _, measured in shown])
    if table:
        st.dataframe(
            [{"Attribute": row.label, title: row.before, "Now": row.after, "Change": row.share} for row in table],
            hide_index=True,
            column_config={"Change": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)},
        )
    else:
        st.caption("Nothing measured differs.")
