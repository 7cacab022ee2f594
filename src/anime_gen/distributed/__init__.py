"""Several processes on one training, or on many parts of one work: what they exchange, and how they are started."""

from anime_gen.distributed.group import ALONE, Group
from anime_gen.distributed.launch import Engine, launch, places
from anime_gen.distributed.spread import spread

__all__ = ["ALONE", "Engine", "Group", "launch", "places", "spread"]
