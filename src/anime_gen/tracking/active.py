"""The tracker of the run that is under way in this process.

Kept here and not in MLflow's own active-run stack: that stack is per thread, which a ThreadRunner's workers do not see,
and it leaks into the next session of the same process when something fails half-way.
"""

from typing import TYPE_CHECKING

from anime_gen.tracker import Tracker
from anime_gen.tracking.memory_tracker import MemoryTracker

if TYPE_CHECKING:
    from anime_gen.tracking.mlflow_tracker import MlflowTracker

_active: list["MlflowTracker"] = []


def activate(tracker: "MlflowTracker") -> None:
    """Make `tracker` the one that `active_tracker` gives; one left over from before is ended as FAILED."""
    close_active("FAILED")
    _active.append(tracker)


def active_tracker() -> Tracker:
    """The run under way, or a tracker in memory when there is none."""
    return _active[-1] if _active else MemoryTracker()


def close_active(status: str) -> None:
    """End the run under way, if any, as FINISHED, FAILED or KILLED."""
    while _active:
        _active[-1].end(status)  # taken off only then: whoever is stopped while ending it ends it again
        _active.pop()
