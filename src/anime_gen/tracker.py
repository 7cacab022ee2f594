"""What training, tagging and evaluation may report, whoever listens."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np


class Tracker(Protocol):
    """A place to report to. A report never raises: work is worth more than its record."""

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Settings of this run; nested mappings become `a.b.c`."""

    def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
        """Figures at `step`, which counts images seen, not iterations."""

    def log_image(self, key: str, image: np.ndarray, step: int) -> None:
        """A uint8 picture `[height, width, 3]`; the same key at several steps makes a row to slide through."""

    def log_artifact(self, path: Path) -> None:
        """A file, or everything in a folder."""

    def log_table(self, rows: Sequence[Mapping[str, Any]], name: str) -> None:
        """Rows that share their keys, under `name`."""
