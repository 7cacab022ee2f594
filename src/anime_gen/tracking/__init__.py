"""What a pipeline may report, and where it goes: MLflow, or lists in memory.

Nothing here imports MLflow until a run is started.
"""

from anime_gen.tracker import Tracker
from anime_gen.tracking.active import active_tracker
from anime_gen.tracking.memory_tracker import MemoryTracker
from anime_gen.tracking.store import RegistryUnreachableError, TrackingStore

__all__ = ["MemoryTracker", "RegistryUnreachableError", "Tracker", "TrackingStore", "active_tracker"]
