"""What the page shows of each attribute: where it stands, what is asked, how far it goes, and why it stopped."""

from typing import Any

from anime_gen.attributes import Attribute
from anime_gen.serving.rendering import Picture
from anime_gen.studio.character.editor import Editor
from anime_gen.studio.character.mixing import as_wish
from anime_gen.studio.wording import everyday, worded

SWATCHES = {
    **{"aqua": "#4fc3c8", "black": "#2b2730", "blonde": "#ead18a", "blue": "#4a74c9", "brown": "#7a5236"},
    **{"gray": "#9a9aa2", "green": "#5a9a57", "orange": "#e0893e", "pink": "#e79ab4", "purple": "#8a63b5"},
    **{"red": "#b8423f", "white": "#f3f1ee", "yellow": "#e6c84b"},
}
"""A colour for each colour's name, to click on; what the picture shows is measured."""


def rows(editor: Editor, picture: Picture) -> list[dict[str, Any]]:
    """One entry for each attribute, in the vocabulary's order, as plain JSON data."""
    return [_row(editor, picture, attribute) for group in editor.attributes.values() for attribute in group]


def _row(editor: Editor, picture: Picture, attribute: Attribute) -> dict[str, Any]:
    name, value = attribute.name, picture.measured[attribute.name]
    asked = editor.recipe.targets.get(name)
    locked = name in editor.recipe.locks
    return {
        "name": name,
        "group": attribute.group,
        "label": attribute.label,
        "kind": attribute.kind,
        "low": attribute.low,
        "high": attribute.high,
        "step": attribute.step,
        "ends": [attribute.low_label, attribute.high_label],
        "help": attribute.help,
        "choices": [[c, everyday(c), SWATCHES.get(c, "")] for c in attribute.classes],
        "value": value if attribute.kind == "binary" else as_wish(attribute, value),
        "words": worded(attribute, value),
        "asked": asked,
        "reach": picture.reach.get(name) if attribute.kind == "continuous" else None,
        "reason": _reason(attribute, picture),
        "locked": locked,
        "held": _held(editor, picture, attribute) if locked else "",
        "off": _off(editor, picture, attribute),
    }


def _reason(attribute: Attribute, picture: Picture) -> str:
    """`Not reached: 0.55 of 0.90, because this character reaches 0.10 to 0.55.`; nothing where the wish is met."""
    outcome = picture.outcomes.get(attribute.name)
    if outcome is None or not outcome.reason:
        return ""
    reached, asked = worded(attribute, picture.measured[attribute.name]), worded(attribute, outcome.asked)
    short = f"it is {reached}, not {asked}" if attribute.classes else f"{reached} of {asked}"
    return f"Not reached: {short}, because {outcome.reason[0].lower()}{outcome.reason[1:]}."


def _held(editor: Editor, picture: Picture, attribute: Attribute) -> str:
    """How far a locked attribute was taken from where it is held, as a share of its range."""
    start = editor.recipe.targets.get(attribute.name, editor.unchanged[attribute.name])
    now = picture.measured[attribute.name]
    if isinstance(start, str) or isinstance(now, str):
        return "held" if start == now else f"held, but it became {worded(attribute, now)}"
    gap = abs(now - start)
    gap = min(gap, 360.0 - gap) if attribute.kind == "cyclic" else gap
    return f"held within {gap / attribute.span:.0%} of its range"


def _off(editor: Editor, picture: Picture, attribute: Attribute) -> str:
    """Why a row cannot be moved now: what it is shown with is not there."""
    carrier = editor.carrier(attribute.name)
    if carrier is None or float(picture.measured[carrier.name]) >= 0.5:
        return ""
    return f"only with {carrier.label.lower()}"
