"""What is demanded of a character, from words: "long dark hair, no glasses".

The words are those of the vocabulary: names of attributes, their classes, and the two ends of each slider.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.serving.rendering import Value
from anime_gen.studio.wording import everyday

LOW_END, HIGH_END = 0.38, 0.62
"""Below and above these shares of a range a value counts as its low and its high end."""
AIM = 0.12
"""How far inside its bounds a demand aims, as a share of the range."""
SYNONYMS = {
    **{"big": "large", "huge": "large", "tiny": "small", "blond": "blonde", "grey": "gray", "wavy": "curly"},
    **{"twintails": "twin tails", "pigtails": "twin tails", "smiling": "smile", "frowning": "frown", "tanned": "deep"},
    **{"bright": "light", "narrow": "slim", "cat ears": "animal ears", "spectacles": "glasses", "bun": "buns"},
    **{"open mouth": "wide open mouth", "blush": "strong blush", "blushing": "strong blush"},
}
REFUSALS = ("no", "without", "not")
FILLERS = frozenset(
    {"a", "an", "and", "with", "the", "has", "have", "having", "of", "very", "some", "wears", "wearing"}
)


@dataclass(frozen=True)
class Demand:
    """An attribute within [low, high], or one of `classes`; of a binary one `low` or `high` is 0.5."""

    attribute: Attribute
    low: float = 0.0
    high: float = 1.0
    classes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The attribute's name."""
        return self.attribute.name

    def met(self, measured: Mapping[str, Value]) -> bool:
        """Whether a character shows it."""
        return self.missed(measured) == 0.0

    def missed(self, measured: Mapping[str, Value]) -> float:
        """How far a character is from it, as a share of the range; 1 for another class or an attribute not seen."""
        value = measured.get(self.name)
        if value is None:
            return 1.0
        if isinstance(value, str):
            return float(value not in self.classes)
        if self.attribute.kind == "binary":
            return float(not self.low <= round(value) <= self.high)
        return max(0.0, self.low - value, value - self.high) / self.attribute.span

    def target(self, measured: Mapping[str, Value]) -> Value:
        """The wish that meets it with the least change of a character."""
        if self.classes:
            return self.classes[0]
        if self.attribute.kind == "binary":
            return float(self.low >= 0.5)
        inside = min(AIM * self.attribute.span, (self.high - self.low) / 2.0)
        value = measured.get(self.name)
        start = float(value) if isinstance(value, int | float) else (self.low + self.high) / 2.0
        return min(max(start, self.low + inside), self.high - inside)

    def refused(self) -> "Demand":
        """The opposite: everything but this."""
        a = self.attribute
        if self.classes:
            return Demand(a, classes=tuple(other for other in a.classes if other not in self.classes))
        if self.low > a.low:
            return Demand(a, a.low, 0.5 if a.kind == "binary" else self.low)
        return Demand(a, 0.5 if a.kind == "binary" else self.high, a.high)

    def words(self) -> str:
        """For a message: `Hair length from 0.62`."""
        if self.classes:
            return f"{self.attribute.label}: {' or '.join(everyday(name) for name in self.classes)}"
        if self.attribute.kind == "binary":
            return f"{'with' if self.low >= 0.5 else 'no'} {self.attribute.label.lower()}"
        return f"{self.attribute.label} {self.low:.2f} to {self.high:.2f}"


@dataclass(frozen=True)
class Demands:
    """What was understood of a text, and the words that were not."""

    demands: tuple[Demand, ...]
    unknown: tuple[str, ...] = ()


def read_demands(text: str, vocabulary: Vocabulary) -> Demands:
    """Demands in a text: phrases parted by commas, each adjectives with the noun they belong to.

    A later demand on the same attribute replaces an earlier one.
    """
    found: dict[str, Demand] = {}
    unknown: list[str] = []
    for phrase in re.split(r"[,;.\n]| and ", text.lower()[:2000]):
        demands, strange = _read_phrase(phrase, vocabulary)
        found |= {demand.name: demand for demand in demands}
        unknown += strange
    return Demands(tuple(found.values()), tuple(dict.fromkeys(unknown)))


def known_words(vocabulary: Vocabulary) -> list[str]:
    """All that `read_demands` understands, for a help text."""
    words = [key for attribute in vocabulary.values() for key in _senses(attribute)]
    return sorted(dict.fromkeys(words))


def _read_phrase(phrase: str, vocabulary: Vocabulary) -> tuple[list[Demand], list[str]]:
    """Demands of one phrase; the longest known words are taken first."""
    rest = " ".join(re.findall(r"[\w-]+", phrase))
    for said, meant in SYNONYMS.items():
        if not re.search(rf"\b{meant}\b", rest):  # `wide open mouth` says it already
            rest = re.sub(rf"\b{said}\b", meant, rest)
    refused = rest.split(" ")[0] in REFUSALS
    nouns = {_noun(attribute) for attribute in vocabulary.values()}
    spoken = _spoken(nouns, rest)
    senses = sorted(
        ((key, demand) for a in vocabulary.values() for key, demand in _senses(a).items()),
        key=lambda sense: (-len(sense[0].split()), _noun(sense[1].attribute) not in spoken),
    )
    demands = []
    for key, demand in senses:
        others = spoken - _spoken(nouns, key)  # bangs may be `down to the eyes`
        fits = not others or _noun(demand.attribute) in spoken or key in (demand.attribute.label.lower(), demand.name)
        said = rf"\b{re.escape(key)}s?\b"  # hats too
        if fits and re.search(said, rest):
            rest = re.sub(said, " ", rest, count=1)
            demands.append(demand.refused() if refused else demand)
    known = {*FILLERS, *REFUSALS, *nouns, *(f"{noun}s" for noun in nouns)}
    return demands, [word for word in rest.split() if word not in known]


def _spoken(nouns: set[str], said: str) -> set[str]:
    """Those nouns that are said, one or many of them."""
    tokens = said.split()
    return {noun for noun in nouns if noun in tokens or f"{noun}s" in tokens}


def _noun(attribute: Attribute) -> str:
    """The part that an adjective belongs to: `hair` of hair_length."""
    return attribute.name.partition("_")[0]


def _senses(attribute: Attribute) -> dict[str, Demand]:
    """Words that say something about an attribute, and what they demand."""
    low, width = attribute.low, attribute.high - attribute.low
    if attribute.kind == "categorical":
        return {everyday(name): Demand(attribute, classes=(name,)) for name in attribute.classes}
    if attribute.kind == "binary":
        return {attribute.label.lower(): Demand(attribute, 0.5, 1.0)}
    if attribute.kind == "cyclic":
        return {}
    ends = {
        attribute.low_label: Demand(attribute, low, low + LOW_END * width),
        attribute.high_label: Demand(attribute, low + HIGH_END * width, attribute.high),
    }
    return {word.lower(): demand for word, demand in ends.items() if word}
