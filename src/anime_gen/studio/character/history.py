"""Undo and redo over states that never change once made; what was undone and left behind stays as a branch."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State")

DEPTH = 500
"""States kept: they are small (a recipe, no pictures), and nobody goes back further."""


@dataclass(frozen=True)
class Step(Generic[State]):
    """A state, its number and that of the state it was made from; the first one has no parent."""

    number: int
    parent: int | None
    state: State


class History(Generic[State]):
    """A tree of states with a place in it. A new state after an undo begins a branch; nothing is forgotten."""

    def __init__(self, first: State) -> None:
        self._steps = {0: Step(0, None, first)}
        self._place, self._next = 0, 1
        self._onward: dict[int, int] = {}  # a step -> the one after it that was visited last

    @classmethod
    def of(cls, steps: Iterable[Step[State]], place: int) -> "History[State]":
        """The tree that `steps` were read from; ValueError if they are none or their place is not among them."""
        kept = {step.number: step for step in sorted(steps, key=lambda step: step.number)}
        if place not in kept:
            raise ValueError(f"the history has no step {place}")
        roots = [step for step in kept.values() if step.parent is None]
        if len(roots) != 1 or any(s.parent is not None and not _earlier(s, kept) for s in kept.values()):
            raise ValueError("the steps of the history do not come from one beginning")
        history = cls(roots[0].state)
        history._steps, history._next = kept, max(kept) + 1
        for step in kept.values():
            if step.parent is not None:
                history._onward[step.parent] = step.number
        history.go_to(place)
        return history

    @property
    def current(self) -> State:
        """The state that is shown."""
        return self._steps[self._place].state

    @property
    def place(self) -> int:
        """Number of the step that is shown."""
        return self._place

    @property
    def steps(self) -> list[Step[State]]:
        """All steps in the order they were made."""
        return list(self._steps.values())

    @property
    def can_undo(self) -> bool:
        """Whether an earlier state is kept."""
        return self._steps[self._place].parent is not None

    @property
    def can_redo(self) -> bool:
        """Whether an undone state is kept."""
        return self._place in self._onward

    def push(self, state: State) -> None:
        """Go on to `state`; one equal to the current state is no step."""
        if state == self.current:
            return
        number, self._next = self._next, self._next + 1
        self._steps[number] = Step(number, self._place, state)
        self.go_to(number)
        if len(self._steps) > DEPTH:
            self._forget_one()

    def go_to(self, number: int) -> State:
        """Show any step, whichever branch it is on; KeyError for a number that is not kept."""
        self._place = self._steps[number].number
        for step in self._way_back():
            if step.parent is not None:
                self._onward[step.parent] = step.number
        return self.current

    def undo(self) -> State:
        """One step back, or the first state again."""
        parent = self._steps[self._place].parent
        return self.current if parent is None else self.go_to(parent)

    def redo(self) -> State:
        """One step forward along the branch visited last, or the last state again."""
        onward = self._onward.get(self._place)
        return self.current if onward is None else self.go_to(onward)

    def _way_back(self) -> Iterator[Step[State]]:
        step = self._steps[self._place]
        yield step
        while step.parent is not None:
            step = self._steps[step.parent]
            yield step

    def _forget_one(self) -> None:
        """Drop the oldest end of a branch that is not on the way here, or else the beginning."""
        here = {step.number for step in self._way_back()}
        parents = {step.parent for step in self._steps.values()}
        ends = [number for number in self._steps if number not in here and number not in parents]
        if ends:
            gone = self._steps.pop(ends[0])
            self._onward = {a: b for a, b in self._onward.items() if b != gone.number}
            return
        first = next(iter(self._steps))
        second = self._onward.pop(first)
        del self._steps[first]
        self._steps[second] = Step(second, None, self._steps[second].state)


def _earlier(step: Step[State], steps: dict[int, Step[State]]) -> bool:
    """Whether a step was made from one that is kept and older, so that no way back goes in circles."""
    return step.parent in steps and step.parent is not None and step.parent < step.number
