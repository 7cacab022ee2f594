"""What an edit through tags is to achieve: goals, weights, locks and budget, and what became of each wish."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch

from anime_gen.attributes import Attribute
from anime_gen.latent.directions import Directions
from anime_gen.latent.outcome import AS_ASKED, Outcome, drifts, hidden_reason, plain_value, shortfall
from anime_gen.latent.readings import SURE_LOGIT, Wish, ask, values_of
from anime_gen.latent.tag_wishes import TagWishes
from anime_gen.tagging.classifiers.soft_tags import SOFTNESS, softened

ASKED, LOCKED = 3.0, 20.0
"""Weights of a wished and of a locked column; an unlocked one has at most 1. None is ever loosened."""
LOCK_TOLERANCE = 0.05
"""Share of its range by which a locked attribute may be read elsewhere: about what the sub-models are unsure of."""
SMALLEST_SCALE = 0.02


@dataclass(frozen=True)
class Point:
    """A tag vector tried: x [k] standardised, NaN where unknown; its read-out and soft read-out [c], and its price.

    missed: sum of the wishes' shortfalls, and the largest of the aims that stand for decided classes; loss: what a step
    lowers; drift: share of its range by which each other attribute went, `slipped` the largest of the locked ones;
    spoiled: the lock or budget that it breaks, if any.
    """

    x: torch.Tensor
    readout: torch.Tensor
    soft: torch.Tensor
    missed: float
    loss: float
    drift: dict[str, float]
    slipped: float
    spoiled: str

    def price(self) -> tuple[float, float, float]:
        """Points are ranked by what they miss, where that is equal by what slipped of the locks, then of the rest."""
        return round(self.missed, 2), round(self.slipped, 3), max(self.drift.values(), default=0.0)


class TagProblem:
    """One character `origin` [k], its read-out `first` [c], its wishes in the vocabulary's order, and its locks."""

    def __init__(
        self,
        tools: TagWishes,
        directions: Directions,
        origin: torch.Tensor,
        first: torch.Tensor,
        targets: Mapping[str, Wish],
        locks: Collection[str],
    ) -> None:
        self.tools, self.directions, self.origin, self.first = tools, directions, origin, first
        self.vocabulary = directions.vocabulary
        self.slices = directions.slices
        self.locks = {directions.attribute(name).name for name in locks}
        self.targets = self._checked(targets)
        self.wanted = {name: wish for name, wish in self.targets.items() if self._shown(name, self.targets)}
        self.aims = tools.aims(origin, self.wanted) if self.wanted else {}
        self.budget = float(directions.settings.get("drift_budget", 0.2))
        self.weight, self.held = self._weights()
        self.goal = softened(self.vocabulary, first[None])[0]
        for name, wish in (self.wanted | self.aims).items():
            self.goal[self.slices[name]] = soft_goal(self.vocabulary[name], wish)

    def point(self, x: torch.Tensor, readout: torch.Tensor) -> Point:
        """Judge a tag vector by the read-out of its picture."""
        soft = softened(self.vocabulary, readout[None])[0]
        values = values_of(self.vocabulary, self.directions.columns, readout[None])
        short = {
            name: shortfall(self.vocabulary[name], wish, plain_value(values, name))
            for name, wish in (self.wanted | self.aims).items()
        }
        missed = sum(short[name] for name in self.wanted) + max((short[name] for name in self.aims), default=0.0)
        loss = float((self.weight * (self.goal - soft)).square().sum())
        moved = drifts(self.vocabulary, self.directions.columns, self.first, readout)
        drift = {name: moved[name] for name in self.held}
        slipped = max((drift[name] for name in self.locks & drift.keys()), default=0.0)
        return Point(x, readout, soft, missed, loss, drift, slipped, self._spoiled(drift))

    def part_of_the_way(self, x: torch.Tensor, share: float) -> torch.Tensor:
        """Part of the way from the start to x; a wished switch or class, which has no middle, goes all of it."""
        start = torch.where(self.origin.isnan(), x, self.origin)
        part = start + share * (x - start)
        for name in self.wanted:
            if name in self.tools.places and self.vocabulary[name].kind in ("binary", "categorical"):
                part[self.tools.places[name]] = x[self.tools.places[name]]
        return part

    def outcomes(self, taken: Point, furthest: Point, bounds: tuple[torch.Tensor, torch.Tensor]) -> dict[str, Outcome]:
        """What became of every wish; `furthest` came nearest, `bounds` [k] are the tags' ends."""
        values = values_of(self.vocabulary, self.directions.columns, taken.readout[None])
        found = {}
        for name, wish in self.targets.items():
            attribute, reached = self.vocabulary[name], plain_value(values, name)
            interval = reachable(self.tools, self.directions, name, taken.x, taken.readout, bounds)
            missed = shortfall(attribute, wish, reached)
            reason = ""
            if name not in self.wanted:
                interval = None
                reason = hidden_reason(attribute, self.vocabulary[self.tools.shown_with[name]])
            elif missed > AS_ASKED:
                interval = _ending(interval, float(wish), float(reached)) if interval else None
                reason = furthest.spoiled or _out_of_reach(attribute, interval)
            found[name] = Outcome(wish, reached, interval, reason)
        return found

    def _checked(self, targets: Mapping[str, Wish]) -> dict[str, Wish]:
        """The wishes in the vocabulary's order; each is possible, and none is locked."""
        if not targets:
            raise ValueError(f"nothing to change: name at least one of {', '.join(self.directions.attributes)}")
        for name, wish in targets.items():
            ask(self.directions.attribute(name), self.slices[name], self.first, wish)
            if name in self.locks:
                raise ValueError(f"{name} is locked and asked to change at once: unlock it or leave it out")
        return {name: targets[name] for name in self.vocabulary if name in targets}

    def _shown(self, name: str, wishes: Mapping[str, Wish]) -> bool:
        """Whether an attribute can be seen: what it is shown with is on, or is wished on."""
        carrier = self.tools.carrier(name)
        if carrier is None:
            return True
        return float(wishes[carrier]) > 0.5 if carrier in wishes else self.tools.is_on(self.origin, carrier)

    def _weights(self) -> tuple[torch.Tensor, list[str]]:
        """Weight of each column [c] per standard deviation, and the attributes that are held.

        Free are what follows from a wish or decides it, unless it is locked, and what cannot be seen on this face.
        """
        response = self.directions.tags
        assert response is not None
        weight = response.r2.clamp_min(0.0).sqrt()
        free = self.directions.released_by(set(self.wanted)) - self.locks
        held = []
        for name, where in self.slices.items():
            if name in self.aims or (name in self.wanted and not self._through_aims(name)):
                weight[where] = ASKED
            elif name in self.wanted:
                weight[where] = 0.0  # follows from its aims
            elif name in free or not self._visible(name):
                weight[where] = 0.0
            elif name in self.locks:
                weight[where] = LOCKED
                held.append(name)
            elif name not in self.tools.derived and name not in self.tools.shown_with:
                held.append(name)  # the others follow from what is held, or are too small to be read for certain
        return weight / response.scale.clamp_min(SMALLEST_SCALE), held

    def _through_aims(self, name: str) -> bool:
        """Whether a wish is pursued through the values of what decides it."""
        return name not in self.tools.places and bool(self.aims.keys() & set(self.tools.deciders(name)))

    def _visible(self, name: str) -> bool:
        known = not bool(self.origin[self.tools.places.get(name, [])].isnan().any())
        return known and self._shown(name, {}) and self._shown(name, self.wanted)

    def _spoiled(self, drift: Mapping[str, float]) -> str:
        """The lock that a drift breaks, else what gives way beyond the budget; nothing if all holds."""
        broken = {n: d for n, d in drift.items() if n in self.locks and d > LOCK_TOLERANCE}
        over = broken or {n: d for n, d in drift.items() if d > self.budget}
        if not over:
            return ""
        name = max(over, key=over.__getitem__)
        label = self.vocabulary[name].label
        return f"{label} is locked" if broken else f"{label} would change by {over[name]:.0%} of its range"


def reachable(
    tools: TagWishes,
    directions: Directions,
    name: str,
    x: torch.Tensor,
    readout: torch.Tensor,
    bounds: tuple[torch.Tensor, torch.Tensor],
) -> tuple[float, float] | None:
    """Values within reach from tags x [k] read as [c], by the fitted response, as the tag goes to its ends [k].

    None where that says nothing: classes, switches, hues, what is no tag or cannot be seen.
    """
    attribute = directions.vocabulary[name]
    if attribute.kind != "continuous" or name not in tools.places:
        return None
    (place,), column = tools.places[name], directions.rows(name).start
    gain = float(directions.tags.jacobian[column, place])  # type: ignore[union-attr]
    ends = sorted(float(readout[column]) + gain * float(end[place] - x[place]) for end in bounds)
    low, high = (min(max(end, attribute.low), attribute.high) for end in ends)
    return None if low != low else (low, high)  # an unknown tag is NaN


def soft_goal(attribute: Attribute, wish: Wish) -> torch.Tensor:
    """The soft read-out [own columns] that a wish aims at: a switch at a sure logit, a class at certainty."""
    if attribute.kind == "binary":
        sure = torch.sigmoid(torch.tensor(SURE_LOGIT))
        return torch.tanh(torch.tensor([float(wish)]).clamp(1.0 - sure, sure).logit() / SOFTNESS)
    if attribute.kind == "cyclic":
        angle = torch.deg2rad(torch.tensor(float(wish)))
        return torch.stack([angle.cos(), angle.sin()])
    if attribute.kind == "categorical":
        return torch.eye(len(attribute.classes))[attribute.classes.index(str(wish))]
    return torch.tensor([float(wish)])


def _ending(interval: tuple[float, float], asked: float, reached: float) -> tuple[float, float]:
    """The interval with the value where the move stopped as its end on the wish's side."""
    low, high = interval
    return (reached, max(high, reached)) if asked < reached else (min(low, reached), reached)


def _out_of_reach(attribute: Attribute, interval: tuple[float, float] | None) -> str:
    if interval is None:
        return "this model does not show it on this character"
    return f"this character reaches {interval[0]:.2f} to {interval[1]:.2f}"
