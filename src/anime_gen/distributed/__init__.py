"""Several processes on one training: what they exchange, and how they are started."""

from anime_gen.distributed.group import ALONE, Group
from anime_gen.distributed.launch import Engine, launch, places

__all__ = ["ALONE", "Engine", "Group", "launch", "places"]
