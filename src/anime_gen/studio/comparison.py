"""What differs between two characters, by what is measured in them."""

from collections.abc import Mapping
from typing import NamedTuple

from anime_gen.attributes import Vocabulary
from anime_gen.latent.outcome import shortfall
from anime_gen.serving.rendering import Value
from anime_gen.studio.wording import worded

UNSEEN = 0.03
"""A change below this share of a range is not told: the sub-models are no surer than that."""


class Difference(NamedTuple):
    """One attribute: both values in words, and how far apart they are as a share of the range."""

    name: str
    label: str
    before: str
    after: str
    share: float


def differences(vocabulary: Vocabulary, before: Mapping[str, Value], after: Mapping[str, Value]) -> list[Difference]:
    """What differs between two measured characters, the largest difference first."""
    found = []
    for name, attribute in vocabulary.items():
        if name in before and name in after:
            share = shortfall(attribute, before[name], after[name])
            if share > UNSEEN:
                found.append(
                    Difference(
                        name, attribute.label, worded(attribute, before[name]), worded(attribute, after[name]), share
                    )
                )
    return sorted(found, key=lambda one: -one.share)
