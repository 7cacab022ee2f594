"""What a cast is like: who resembles whom, how many different characters it is worth, and what it lacks."""

from collections.abc import Sequence

import numpy as np

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.studio.finding.resemblance import Measured
from anime_gen.studio.wording import everyday

THIRDS = 3
FEWEST = 3
"""Characters below which nothing can be said to be missing."""


def lacks(vocabulary: Vocabulary, cast: Sequence[Measured]) -> list[str]:
    """What no one in the cast has, one sentence an attribute: classes, and the ends of a slider."""
    if len(cast) < FEWEST:
        return []
    sentences = []
    for attribute in vocabulary.values():
        values = [one[attribute.name] for one in cast if attribute.name in one]
        missing = _missing(attribute, values)
        if missing and not attribute.shown_with:
            sentences.append(f"{attribute.label}: no one {missing}")
    return sentences


def _missing(attribute: Attribute, values: Sequence[float | str]) -> str:
    if attribute.kind == "categorical":
        absent = [everyday(name) for name in attribute.classes if name not in values]
        return f"is {' or '.join(absent)}" if absent and len(absent) < len(attribute.classes) else ""
    if attribute.kind == "cyclic":
        return ""
    numbers = np.array([float(value) for value in values])
    if attribute.kind == "binary":
        return "has any" if (numbers < 0.5).all() else "goes without" if (numbers >= 0.5).all() else ""
    edges = np.linspace(attribute.low, attribute.high, THIRDS + 1)
    ends = []
    if not (numbers < edges[1]).any():
        ends.append(f"below {edges[1]:.1f} ({attribute.low_label or 'low'})")
    if not (numbers > edges[-2]).any():
        ends.append(f"above {edges[-2]:.1f} ({attribute.high_label or 'high'})")
    return " or ".join(ends)
