"""The pictures of a generator report: samples, truncation, nearest training faces."""

from typing import Any

import numpy as np

from anime_gen.evaluation.config import QualityConfig
from anime_gen.evaluation.generator_quality import Evidence
from anime_gen.evaluation.pictures.plots import plot_spread, plot_truncation
from anime_gen.evaluation.pictures.strips import Strip, draw_grid, draw_strips

SHEETS = ("samples", "held_out", "nearest", "truncation", "spread")
CLOSEST = 8
"""Pairs shown on the sheet of nearest training faces."""


def evidence_sheets(report: dict[str, Any], evidence: Evidence, config: QualityConfig) -> dict[str, np.ndarray]:
    """SHEETS -> uint8 picture [h, w, 3]: samples unfiltered, held-out faces, suspicious pairs, psi against KID."""
    count = config.grid**2
    return {
        "samples": draw_grid(evidence.samples[:count], config.grid),
        "held_out": draw_grid(evidence.held_out[:count], config.grid),
        "nearest": nearest_pairs(evidence),
        "truncation": plot_truncation(report["truncation"], report),
        "spread": plot_spread(report["spread"]),
    }


def nearest_pairs(evidence: Evidence) -> np.ndarray:
    """The samples closest to a training face, above it; a distance under the threshold counts as a copy."""
    found = evidence.memorisation
    order = np.argsort(found.distance)[:CLOSEST]
    distances = [f"{found.distance[i]:.2f} / {found.threshold:.2f}" for i in order]
    pairs = [
        Strip("sample", evidence.samples[order], distances),
        Strip("nearest in training", evidence.train.read(found.nearest[order]), [""] * len(order)),
    ]
    return draw_strips(pairs)
