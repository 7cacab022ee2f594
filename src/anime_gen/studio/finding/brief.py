"""A brief for a whole cast: "12 students, at most 2 with glasses, all hair lengths". Read, solved as a set, verified.

Each rule becomes demands on single characters, one after the other with the characters found so far kept away from.
What the brief asks is then counted in what is measured in the pictures.
"""

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.studio.finding.demands import Demand, read_demands
from anime_gen.studio.finding.finder import Finder, Found
from anime_gen.studio.finding.resemblance import Measured
from anime_gen.studio.wording import everyday

MOST = 40
TRIES = 3
"""Searches for a character before a demand on it counts as impossible."""
PARTS = 3
"""All values of a slider are there when each third of it has someone."""
NUMBERS = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
Quantity = Literal["all", "at most", "at least", "exactly", "spread"]
LIMITS: dict[str, Quantity] = {
    **{"at most": "at most", "up to": "at most", "no more than": "at most", "at least": "at least"},
    **{"exactly": "exactly", "only": "exactly"},
}


@dataclass(frozen=True)
class Rule:
    """How many of the cast meet a demand; `spread`: every class, or every third of a slider, is there."""

    quantity: Quantity
    count: int
    demands: tuple[Demand, ...]

    def kept(self, cast: Sequence[Measured]) -> bool:
        """Whether measured characters keep it."""
        if self.quantity == "spread":
            return all(any(part.met(one) for one in cast) for part in self.demands[: len(cast)])
        meeting = sum(all(demand.met(one) for demand in self.demands) for one in cast)
        if self.quantity == "at most":
            return meeting <= self.count
        return meeting >= self.count if self.quantity == "at least" else meeting == self.count

    def words(self) -> str:
        """For a list of what was kept and what was not."""
        if self.quantity == "spread":
            return f"all kinds of {self.demands[0].attribute.label.lower()}"
        what = ", ".join(demand.words() for demand in self.demands)
        return f"everyone: {what}" if self.quantity == "all" else f"{self.quantity} {self.count}: {what}"


@dataclass(frozen=True)
class Brief:
    """What was understood: how many characters, the rules, and words that were not understood."""

    count: int
    rules: tuple[Rule, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Solved:
    """The characters, and for each rule whether they keep it, counted in what is measured."""

    found: tuple[Found, ...]
    kept: tuple[tuple[Rule, bool], ...]


def read_brief(text: str, vocabulary: Vocabulary) -> Brief:
    """A brief from words. The first number is how many there are (12 if none is named)."""
    count, rules, unknown = 12, [], []
    for place, phrase in enumerate(re.split(r"[,;.\n]| and ", _in_digits(text.lower()[:2000]))):
        said = " ".join(phrase.split())
        head = re.match(r"(\d+)\b(?! with)(?! have)", said) if place == 0 else None
        if head:
            count = min(max(1, int(head[1])), MOST)
            said = re.sub(r"^[\w\s-]*?(with |$)", "", said[head.end() :].strip())
        if said:
            rule, strange = _read_rule(said, count, vocabulary)
            rules += [rule] if rule else []
            unknown += strange
    return Brief(count, tuple(rules), tuple(dict.fromkeys(unknown)))


def solve_brief(
    finder: Finder, brief: Brief, seed: int = 0, progress: Callable[[float], None] = lambda share: None
) -> Solved:
    """Find characters that keep the rules together and differ from one another."""
    wanted = _places(brief, np.random.default_rng(seed))
    found: list[Found] = []
    for place, demands in enumerate(wanted):
        found.append(_search(finder, list(demands.values()), found, seed * 1000 + place))
        progress((place + 1) / brief.count)
    verified = [replace(one, measured=finder.measured(one.recipe)) for one in found]
    measured = [one.measured for one in verified]
    return Solved(tuple(verified), tuple((rule, rule.kept(measured)) for rule in brief.rules))


def _search(finder: Finder, demands: list[Demand], others: Sequence[Found], seed: int) -> Found:
    """The best of a few searches for one character."""
    best: Found | None = None
    for attempt in range(TRIES):
        one = finder.propose(1, demands, [other.measured for other in others], seed + attempt * 7919)[0]
        best = one if best is None or len(one.unmet) < len(best.unmet) else best
        if not best.unmet:
            break
    assert best is not None
    return best


def _places(brief: Brief, random: np.random.Generator) -> list[dict[str, Demand]]:
    """Demands on each character, by attribute, so that together they keep the rules as far as they agree."""
    wanted: list[dict[str, Demand]] = [{} for _ in range(brief.count)]
    strictest_first: tuple[Quantity, ...] = ("all", "spread", "exactly", "at least", "at most")
    for rule in sorted(brief.rules, key=lambda rule: strictest_first.index(rule.quantity)):
        order = [int(place) for place in random.permutation(brief.count)]
        if rule.quantity == "all":
            for place in order:
                _add(wanted[place], rule.demands)
        elif rule.quantity == "spread":
            for part, place in enumerate(order):
                _add(wanted[place], (rule.demands[part % len(rule.demands)],))
        else:
            willing = [place for place in order if _agree(wanted[place], rule.demands)]
            chosen = willing[: rule.count]
            for place in order:
                if place in chosen:
                    _add(wanted[place], rule.demands if rule.quantity != "at most" else ())
                elif rule.quantity != "at least":
                    _add(wanted[place], (rule.demands[0].refused(),))
    return wanted


def _agree(wanted: dict[str, Demand], demands: Sequence[Demand]) -> bool:
    return all(d.name not in wanted or _both(wanted[d.name], d) is not None for d in demands)


def _add(wanted: dict[str, Demand], demands: Sequence[Demand]) -> None:
    """Put demands to those on a character; where two contradict, the first stays and the verdict will say so."""
    for demand in demands:
        old = wanted.get(demand.name)
        wanted[demand.name] = demand if old is None else _both(old, demand) or old


def _both(one: Demand, other: Demand) -> Demand | None:
    """What meets two demands on one attribute, if anything does."""
    if one.classes:
        shared = tuple(name for name in one.classes if name in other.classes)
        return replace(one, classes=shared) if shared else None
    low, high = max(one.low, other.low), min(one.high, other.high)
    room = 0.0 if one.attribute.kind == "binary" else 0.02 * one.attribute.span
    return replace(one, low=low, high=high) if high - low > room else None


def _read_rule(said: str, count: int, vocabulary: Vocabulary) -> tuple[Rule | None, list[str]]:
    limit = next((word for word in LIMITS if said.startswith(word)), "")
    rest = said.removeprefix(limit).strip()
    number = re.match(r"(\d+|half|all|everyone|everybody|each|every|different|nobody|none|no one)\b", rest)
    who = number[1] if number else ""
    rest = rest[number.end() :].strip() if number else rest
    rest = re.sub(r"^(of them |are |is |have |has |with |wear |wears )+", "", rest)
    if who in ("all", "every", "each", "different") and (attribute := _named(rest, vocabulary)):
        return Rule("spread", count, _parts(attribute)), []
    understood = read_demands(rest, vocabulary)
    demands = understood.demands
    if not demands:
        return None, list(understood.unknown or (said,))
    if who in ("nobody", "none", "no one"):
        return Rule("all", count, tuple(demand.refused() for demand in demands)), list(understood.unknown)
    if who == "half" or who.isdigit():
        wanted = count // 2 if who == "half" else min(int(who), count)
        return Rule(LIMITS.get(limit, "exactly"), wanted, demands), list(understood.unknown)
    return Rule("all", count, demands), list(understood.unknown)


def _named(words: str, vocabulary: Vocabulary) -> Attribute | None:
    """The attribute that a plural names: `hair lengths`, `kinds of hair colour`."""
    plain = re.sub(r"^(kinds of|sorts of) ", "", words.replace("color", "colour"))
    for attribute in vocabulary.values():
        if plain.removesuffix("s") in (attribute.label.lower(), everyday(attribute.name)) and _parts(attribute):
            return attribute
    return None


def _parts(attribute: Attribute) -> tuple[Demand, ...]:
    """Every class, or every third of a slider; nothing for a hue."""
    if attribute.kind == "categorical":
        return tuple(Demand(attribute, classes=(name,)) for name in attribute.classes)
    if attribute.kind != "continuous":
        return ()
    edges = np.linspace(attribute.low, attribute.high, PARTS + 1)
    return tuple(Demand(attribute, float(a), float(b)) for a, b in itertools.pairwise(edges))


def _in_digits(text: str) -> str:
    """Number words as digits; `one` stays, for `no one` is none."""
    for number, word in enumerate(NUMBERS, 2):
        text = re.sub(rf"\b{word}\b", str(number), text)
    return text
