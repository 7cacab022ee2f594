"""Find characters: fresh ones that differ from one another, by demand, unlike a cast, or near a given one.

Numbers are cheap: what a character was told to show is known without a picture. Of many numbers the promising ones are
drawn and measured, and what still does not meet a demand is moved there by the solver and measured again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from anime_gen.attributes import Attribute
from anime_gen.serving.expectation import Expectation
from anime_gen.serving.rendering import Renderer, Value
from anime_gen.studio.character.editor import Editor
from anime_gen.studio.character.mixing import as_wish
from anime_gen.studio.character.recipe import Recipe
from anime_gen.studio.finding.demands import Demand
from anime_gen.studio.finding.resemblance import Measured, Resemblance, spread_out
from anime_gen.stylegan2.streams import stream_key

POPULATION = 64
"""Characters that give distances their units."""
NUMBERS = 4000
"""Numbers looked at for what they were told to show."""
DRAWN = 3
"""Characters measured for each one shown."""
PUSHED = 8
"""Traits that are changed at once to take a character further from a cast."""
PUSHES = 2
"""Times that is done: each begins at what the one before has really reached."""
LARGEST = 999_999_999
"""Numbers that can still be read out."""


@dataclass(frozen=True)
class Found:
    """A character proposed: its recipe, what is measured in it, and the demands it could not meet."""

    recipe: Recipe
    measured: dict[str, Value]
    unmet: tuple[Demand, ...] = ()


class Finder:
    """Proposals from one model; the same seed proposes the same characters."""

    def __init__(self, renderer: Renderer, psi: float = 0.7) -> None:
        self.renderer, self.psi = renderer, psi
        self._resemblance: Resemblance | None = None
        self._expectation = Expectation(renderer.bundle)

    @property
    def resemblance(self) -> Resemblance:
        """Distances in units of this model's own characters; the first call measures some."""
        if self._resemblance is None:
            population = self._measure(_numbers(0, "population", POPULATION))
            self._resemblance = Resemblance.of(self.renderer.bundle.tagger.vocabulary, population)
        return self._resemblance

    def propose(
        self, count: int, demands: Sequence[Demand] = (), unlike: Sequence[Measured] = (), seed: int = 0
    ) -> list[Found]:
        """`count` characters that meet `demands`, as far as possible from `unlike` and from one another."""
        numbers = self._promising(count * DRAWN * (4 if unlike else 1), demands, unlike, seed)
        measured = self._measure(numbers)
        found = [Found(Recipe(seed=n, psi=self.psi), m) for n, m in zip(numbers, measured, strict=True)]
        found.sort(key=lambda one: sum(demand.missed(one.measured) for demand in demands))
        meeting = sum(all(demand.met(one.measured) for demand in demands) for one in found)
        able = found[: max(meeting, count)]
        return [self._meet(able[k], demands) for k in self._apart(able, unlike, count)]

    def strangers(
        self, count: int, demands: Sequence[Demand], unlike: Sequence[Measured], seed: int = 0
    ) -> list[Found]:
        """The same, taken still further from `unlike` (at least one) by a few wishes each."""
        found = self.propose(count, demands, unlike, seed)
        for _ in range(PUSHES):
            found = [self._push(one, demands, unlike) for one in found]
        return found

    def near(self, recipe: Recipe, measured: Measured, distance: float, count: int, seed: int = 0) -> list[Found]:
        """Variations of a character about `distance` away, 1 being another person.

        Each takes some of the traits of a random stranger, as many as the distance allows.
        """
        found = []
        for number, stranger in zip(numbers := _numbers(seed, "near", count), self._measure(numbers), strict=True):
            wishes = self._borrowed(measured, stranger, distance, recipe.locks, np.random.default_rng(number))
            found.append(self._found(replace(recipe, targets={**recipe.targets, **wishes}, measured={})))
        return found

    def _borrowed(
        self, own: Measured, stranger: Measured, distance: float, locks: Sequence[str], random: np.random.Generator
    ) -> dict[str, Value]:
        """Traits of a stranger that together lie about `distance` from one's own; of the last one only a part."""
        vocabulary, traits = self.renderer.bundle.tagger.vocabulary, dict(own)
        wishes: dict[str, Value] = {}
        for name in random.permutation([name for name in self.resemblance.scale if name not in locks]):
            attribute = vocabulary[name]
            if attribute.shown_with:
                continue
            for share in (1.0, 0.6, 0.3) if attribute.kind == "continuous" else (1.0,):
                value = as_wish(attribute, _part_way(own[name], stranger[name], share))
                apart = float(self.resemblance.distances([own], [{**traits, name: value}])[0, 0])
                if apart <= 1.1 * distance:
                    traits[name] = wishes[name] = value
                    break
            if float(self.resemblance.distances([own], [traits])[0, 0]) >= 0.9 * distance:
                break
        return wishes

    def along(self, recipe: Recipe, name: str, steps: int = 5) -> list[Recipe]:
        """A character with one attribute from end to end: every class, or `steps` values. Its lock gives way."""
        attribute = self.renderer.bundle.tagger.vocabulary[name]
        ends = np.linspace(attribute.low, attribute.high, steps, endpoint=attribute.kind != "cyclic")
        binary = (0.0, 1.0) if attribute.kind == "binary" else ()
        values: Sequence[Value] = attribute.classes or binary or [float(value) for value in ends]
        free = replace(recipe, locks=tuple(lock for lock in recipe.locks if lock != name), measured={})
        return [free.with_target(name, value) for value in values]

    def measured(self, recipe: Recipe) -> dict[str, Value]:
        """What is measured in the whole picture of a recipe."""
        return self._found(recipe).measured

    def _promising(self, count: int, demands: Sequence[Demand], unlike: Sequence[Measured], seed: int) -> list[int]:
        """Numbers that were told to meet the demands, those farthest from `unlike` first."""
        numbers = _numbers(seed, "find", NUMBERS)
        told = self._expectation.of(numbers) if demands or unlike else None
        if told is None:
            return numbers[:count]
        missed = np.array([sum(d.missed(one) for d in demands if d.name in one) for one in told])
        order = np.argsort(missed, kind="stable")
        if unlike:
            good = order[: max(count, int((missed == missed.min()).sum()))]
            gaps = self.resemblance.distances([told[k] for k in good], unlike).min(1)
            order = good[np.argsort(-gaps, kind="stable")]
        return [numbers[k] for k in order[:count]]

    def _apart(self, found: Sequence[Found], unlike: Sequence[Measured], count: int) -> list[int]:
        measured = [one.measured for one in found]
        gaps = self.resemblance.distances(measured, unlike).min(1) if unlike else None
        return spread_out(self.resemblance.distances(measured, measured), count, gaps)

    def _meet(self, one: Found, demands: Sequence[Demand]) -> Found:
        """The character with what it lacks as wishes, measured again."""
        lacking = {d.name: d.target(one.measured) for d in demands if not d.met(one.measured)}
        if not lacking:
            return one
        moved = self._found(replace(one.recipe, targets=lacking))
        return _judged(moved, demands)

    def _push(self, one: Found, demands: Sequence[Demand], unlike: Sequence[Measured]) -> Found:
        """The character with those traits changed that set it apart most, if that took it further from the cast."""
        traits, wishes = dict(one.measured), dict(one.recipe.targets)
        kept = {demand.name for demand in demands}
        for _ in range(PUSHED):
            options = [
                (name, value)
                for name in self.resemblance.scale
                if name not in kept and name not in wishes
                for value in _extremes(self.renderer.bundle.tagger.vocabulary[name], traits)
            ]
            if not options:
                break
            gaps = self.resemblance.distances([{**traits, name: value} for name, value in options], unlike).min(1)
            name, value = options[int(gaps.argmax())]
            traits[name] = wishes[name] = value
        moved = self._found(replace(one.recipe, targets=wishes))
        moved = _judged(moved, demands)
        before, after = self.resemblance.distances([one.measured, moved.measured], unlike).min(1)
        return moved if after > before and len(moved.unmet) <= len(one.unmet) else one

    def _found(self, recipe: Recipe) -> Found:
        return Found(recipe, Editor(self.renderer, recipe).picture.measured)

    def _measure(self, numbers: Iterable[int]) -> list[dict[str, Value]]:
        return self.renderer.measure([self.renderer.latent(number, self.psi) for number in numbers])


def _numbers(seed: int, purpose: str, count: int) -> list[int]:
    """Numbers of characters, always the same for a seed and a purpose; the first of more are those of fewer."""
    random = np.random.Generator(np.random.Philox(key=stream_key(seed, purpose, 0)))
    return [int(number) for number in random.integers(0, LARGEST, count)]


def _extremes(attribute: Attribute, measured: Measured) -> list[Value]:
    """Values of an attribute that are as unlike as it can be seen to get: its ends, its classes, yes and no."""
    if attribute.shown_with and float(measured[attribute.shown_with]) < 0.5:
        return []
    if attribute.kind == "categorical":
        return list(attribute.classes)
    if attribute.kind == "cyclic":
        return [60.0 * sixth for sixth in range(6)]
    inside = 0.0 if attribute.kind == "binary" else 0.1 * attribute.span
    return [attribute.low + inside, attribute.high - inside]


def _part_way(own: Value, other: Value, share: float) -> Value:
    return other if share == 1.0 or isinstance(own, str) or isinstance(other, str) else own + share * (other - own)


def _judged(one: Found, demands: Sequence[Demand]) -> Found:
    """The character with those demands that its picture does not meet."""
    return replace(one, unmet=tuple(demand for demand in demands if not demand.met(one.measured)))
