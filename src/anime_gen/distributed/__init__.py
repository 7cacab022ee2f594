"""Several processes on one training: what they exchange, and how they are started."""

from anime_gen.distributed.group import ALONE, Group
from anime_gen.distributed.launch import launch

__all__ = ["ALONE", "Group", "launch"]
