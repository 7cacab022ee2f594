"""Undo and redo over states that never change once made."""

from typing import Generic, TypeVar

State = TypeVar("State")

DEPTH = 500
"""States kept: they are small (a recipe, no pictures), and nobody goes back further."""


class History(Generic[State]):
    """A line of states with a place in it. A new state after an undo forgets what was undone."""

    def __init__(self, first: State) -> None:
        self._states = [first]
        self._place = 0

    @property
    def current(self) -> State:
        """The state that is shown."""
        return self._states[self._place]

    @property
    def can_undo(self) -> bool:
        """Whether an earlier state is kept."""
        return self._place > 0

    @property
    def can_redo(self) -> bool:
        """Whether an undone state is kept."""
        return self._place < len(self._states) - 1

    def push(self, state: State) -> None:
        """Go on to `state`; one equal to the current state is no step."""
        if state == self.current:
            return
        self._states = [*self._states[: self._place + 1], state][-DEPTH:]
        self._place = len(self._states) - 1

    def undo(self) -> State:
        """One step back, or the first state again."""
        self._place = max(0, self._place - 1)
        return self.current

    def redo(self) -> State:
        """One step forward, or the last state again."""
        self._place = min(len(self._states) - 1, self._place + 1)
        return self.current
