"""A control per attribute: what is wished, what is measured, reset and lock."""

import streamlit as st

from anime_gen.attributes import Attribute
from anime_gen.serving.rendering import Value
from anime_gen.studio import Editor
from anime_gen.studio.wording import worded


def show(editor: Editor, attribute: Attribute) -> None:
    """The control of one attribute with its measured value beside it."""
    name = attribute.name
    locked, wished = name in editor.recipe.locks, name in editor.recipe.targets
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"row-{name}"):
        with st.container(width="stretch"):
            _control(editor, attribute, locked)
        st.markdown(_measured(editor, attribute), width=92)
        st.button(
            "Unlock" if locked else "Lock",
            key=f"lock.{name}",
            icon=":material/lock:" if locked else ":material/lock_open:",
            type="tertiary",
            help="Hold this still while others move",
            disabled=wished,
            on_click=editor.set_lock,
            args=(name, not locked),
        )
        st.button(
            "Reset",
            key=f"reset.{name}",
            icon=":material/restart_alt:",
            type="tertiary",
            disabled=not wished,
            on_click=editor.set_target,
            args=(name, None),
        )
    outcome = editor.picture.outcomes.get(name)
    if outcome is not None and outcome.reason:
        st.caption(f"Stopped short: {outcome.reason}.")


def _control(editor: Editor, attribute: Attribute, locked: bool) -> None:
    """Its state is set from the document before it is drawn, so undo, reset and a loaded recipe move it as well."""
    key = f"wish.{attribute.name}"
    value = editor.recipe.targets.get(attribute.name, editor.unchanged[attribute.name])
    common = {"key": key, "disabled": locked, "on_change": _wish, "args": (editor, attribute)}
    common["help"] = attribute.help or None
    if attribute.kind == "categorical":
        st.session_state[key] = value if value in attribute.classes else attribute.classes[0]
        st.selectbox(attribute.label, attribute.classes, **common)
    elif attribute.kind == "binary":
        st.session_state[key] = float(value) >= 0.5
        st.toggle(attribute.label, **common)
    elif attribute.kind == "cyclic":
        st.session_state[key] = round(float(value)) % 360
        st.slider(attribute.label, 0, 360, step=1, format="%d°", **common)
    else:
        st.session_state[key] = _on_grid(attribute, float(value))
        label = attribute.label
        if attribute.low_label and attribute.high_label:
            label += f" :small[:gray[{attribute.low_label} – {attribute.high_label}]]"
        st.slider(
            label,
            attribute.low,
            attribute.high,
            step=attribute.step,
            format=f"%.{attribute.decimals}f",
            **common,
        )


def _wish(editor: Editor, attribute: Attribute) -> None:
    value: Value = st.session_state[f"wish.{attribute.name}"]
    if attribute.kind == "cyclic":
        value = float(value) % 360
    editor.set_target(attribute.name, value if isinstance(value, str) else float(value))


def _on_grid(attribute: Attribute, value: float) -> float:
    steps = round((value - attribute.low) / attribute.step)
    return float(min(attribute.high, max(attribute.low, attribute.low + steps * attribute.step)))


def _measured(editor: Editor, attribute: Attribute) -> str:
    value = editor.picture.measured[attribute.name]
    return f":small[:gray[measured]]  \n**{worded(attribute, value)}**"
