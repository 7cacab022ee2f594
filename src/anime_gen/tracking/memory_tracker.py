"""A tracker that keeps everything in lists: for tests, notebooks and runs without MLflow."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from anime_gen.tracking.flat import flatten


class MemoryTracker:
    """Keeps what was reported: `params`, `metrics`, `images`, `artifacts` and `tables`."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self.metrics: list[tuple[int, dict[str, float]]] = []
        self.images: list[tuple[str, int, np.ndarray]] = []
        self.artifacts: list[Path] = []
        self.tables: dict[str, list[dict[str, Any]]] = {}

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Keep settings under flat names."""
        self.params.update(flatten(params))

    def log_metrics(self, metrics: Mapping[str, float], step: int) -> None:
        """Keep one row of figures."""
        self.metrics.append((step, dict(metrics)))

    def log_image(self, key: str, image: np.ndarray, step: int) -> None:
        """Keep a copy of the picture."""
        self.images.append((key, step, image.copy()))

    def log_artifact(self, path: Path) -> None:
        """Keep the path."""
        self.artifacts.append(Path(path))

    def log_table(self, rows: Sequence[Mapping[str, Any]], name: str) -> None:
        """Keep the rows."""
        self.tables[name] = [dict(row) for row in rows]
