"""Measured values in words: for the page, for a screen reader, for a table."""

import re
from collections.abc import Mapping

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.serving.rendering import Value

NOTHING = "\N{ZERO WIDTH SPACE}"


def worded(attribute: Attribute, value: Value) -> str:
    """`0.62`, `210°`, `aqua`, or `yes (97 %)` for the probability of a binary attribute."""
    if isinstance(value, str):
        return everyday(value)
    if attribute.kind == "binary":
        sure = max(value, 1.0 - value)
        return f"{'yes' if value >= 0.5 else 'no'} ({100 * sure:.0f} %)"
    if attribute.kind == "cyclic":
        return f"{value % 360:.0f}°"
    # Adding zero after rounding turns -0.0 into 0.0: nobody wants to read "-0.00".
    return f"{round(value, attribute.decimals) + 0.0:.{attribute.decimals}f}{attribute.unit and f' {attribute.unit}'}"


def everyday(name: str) -> str:
    """A class as one would say it: `twin tails` for `twin_tails`."""
    return name.replace("_", " ")


def literal(text: str) -> str:
    """Words from a file or a stranger as Markdown that shows them letter by letter: no picture, link, colour or HTML.

    A backslash before every sign, which Markdown allows; "://" is parted, since bare addresses become links by
    themselves.
    """
    parted = text.replace("://", f":{NOTHING}//").replace("www.", f"www{NOTHING}.").replace("@", f"@{NOTHING}")
    return re.sub(rf"([^\w\s{NOTHING}])", r"\\\1", " ".join(parted.split()))


def described(measured: Mapping[str, Value], vocabulary: Vocabulary) -> str:
    """One sentence for somebody who cannot see the picture."""
    parts = [f"{vocabulary[name].label.lower()} {worded(vocabulary[name], value)}" for name, value in measured.items()]
    return f"Drawn anime face; measured: {', '.join(parts)}."
