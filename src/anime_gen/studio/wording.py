"""Measured values in words: for the page, for a screen reader, for a table."""

from collections.abc import Mapping

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.serving.rendering import Value


def worded(attribute: Attribute, value: Value) -> str:
    """`0.62`, `210°`, `aqua`, or `yes (97 %)` for the probability of a binary attribute."""
    if isinstance(value, str):
        return value
    if attribute.kind == "binary":
        sure = max(value, 1.0 - value)
        return f"{'yes' if value >= 0.5 else 'no'} ({100 * sure:.0f} %)"
    if attribute.kind == "cyclic":
        return f"{value % 360:.0f}°"
    # Adding zero after rounding turns -0.0 into 0.0: nobody wants to read "-0.00".
    return f"{round(value, attribute.decimals) + 0.0:.{attribute.decimals}f}{attribute.unit and f' {attribute.unit}'}"


def described(measured: Mapping[str, Value], vocabulary: Vocabulary) -> str:
    """One sentence for somebody who cannot see the picture."""
    parts = [f"{vocabulary[name].label.lower()} {worded(vocabulary[name], value)}" for name, value in measured.items()]
    return f"Drawn anime face; measured: {', '.join(parts)}."
