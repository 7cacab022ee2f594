"""Several processes on one training: what they exchange, and how they are started."""

from anime_gen.distributed.group import Alone, Group
from anime_gen.distributed.launch import launch

__all__ = ["Alone", "Group", "launch"]
