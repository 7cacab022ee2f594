"""Mix characters by attributes: what one shows becomes the wish of another, so that the result can be measured."""

from collections.abc import Collection, Sequence

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.serving.rendering import Value
from anime_gen.studio.resemblance import Measured


def takeable(vocabulary: Vocabulary, donor: Measured) -> list[str]:
    """Attributes that can be taken from a measured character: those that can be seen on it."""
    return [
        name
        for name, attribute in vocabulary.items()
        if name in donor and (not attribute.shown_with or float(donor.get(attribute.shown_with, 0.0)) >= 0.5)
    ]


def taken(
    vocabulary: Vocabulary, donor: Measured, names: Sequence[str], locks: Collection[str] = ()
) -> dict[str, Value]:
    """The wishes that bring the donor's `names` over; locked ones stay.

    A name that others decide (a colour's) is left out when those come along.
    """
    wishes: dict[str, Value] = {}
    for name in names:
        attribute = vocabulary[name]
        if name in locks or set(attribute.decided_by) & set(names):
            continue
        wishes[name] = as_wish(attribute, donor[name])
    return wishes


def as_wish(attribute: Attribute, value: Value) -> Value:
    """A measured value as something that can be asked for: inside the range, and a plain yes or no."""
    if isinstance(value, str):
        return value
    if attribute.kind == "binary":
        return float(value >= 0.5)
    return value % 360.0 if attribute.kind == "cyclic" else min(max(value, attribute.low), attribute.high)
