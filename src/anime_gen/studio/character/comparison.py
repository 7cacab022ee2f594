"""What differs between two characters, by what is measured in them, and between two steps, by what was done."""

from collections.abc import Mapping
from typing import NamedTuple

from anime_gen.attributes import Vocabulary
from anime_gen.latent.outcome import shortfall
from anime_gen.serving.rendering import Value
from anime_gen.studio.character.recipe import Recipe
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


def deed(before: Recipe, after: Recipe, vocabulary: Vocabulary) -> str:
    """What was done from one step to the next, in a few words: `Hair length 0.80`, `Bangs locked`."""
    if before.model_sha256 != after.model_sha256:
        return "another model"
    if (before.seed, before.latent) != (after.seed, after.latent):
        if after.is_imported:
            return "a character after your picture"
        return "another character" if after.latent is None else "a mixed character"
    if before.psi != after.psi:
        return f"diversity {after.psi:g}"
    done = []
    for name in vocabulary:
        old, new = before.targets.get(name), after.targets.get(name)
        if old != new:
            attribute = vocabulary[name]
            done.append(f"{attribute.label} {'let be' if new is None else worded(attribute, new)}")
        if (name in before.locks) != (name in after.locks):
            done.append(f"{vocabulary[name].label} {'locked' if name in after.locks else 'unlocked'}")
    return done[0] if len(done) == 1 else f"{len(done)} changes" if done else "no change"
