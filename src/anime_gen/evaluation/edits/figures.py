"""Figures of one attribute's edits: what was asked of a set of characters against what the measurer reads in them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from anime_gen.attributes import Attribute
from anime_gen.evaluation.config import EditConfig
from anime_gen.evaluation.edits.targets import EditTargets, miss, obedience
from anime_gen.evaluation.marginals import visible
from anime_gen.evaluation.measurer import IDENTITY, Measurer
from anime_gen.evaluation.statistics import bootstrap_interval, finite
from anime_gen.latent.directions import Directions
from anime_gen.latent.outcome import AS_ASKED, drifts
from anime_gen.latent.readings import column_slices

SMALLEST_MOVE = 0.05
"""Standard deviations: where the target itself moved less, leakage per move means nothing."""


@dataclass(frozen=True)
class Asked:
    """Requests to n characters, and the measurer's read-outs of them before, `base` [n, m].

    `population` [p, m]: read-outs of unedited characters, which state each trait's usual spread.
    """

    attribute: Attribute
    requests: EditTargets
    base: torch.Tensor
    population: torch.Tensor
    directions: Directions
    measurer: Measurer
    config: EditConfig

    @cached_property
    def scale(self) -> torch.Tensor:
        """Standard deviation of each column [m] over the population."""
        return self.population.std(0).clamp_min(1e-6)

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each trait's columns lie."""
        return column_slices(self.measurer.columns)

    @cached_property
    def others(self) -> list[str]:
        """Traits that an edit should leave alone: what follows from the target, or is hard to read, is left out."""
        own = self.attribute.name
        released = self.directions.released_by({own}) | {own}
        return [name for name in self.slices if name not in released and readable(self.measurer, name)]

    def figures(self, readout: torch.Tensor) -> dict[str, Any]:
        """All figures of what came of the requests, read as [rounds, n, m]."""
        values = [self.measurer.values(part)[self.attribute.name] for part in readout]
        missed = miss(self.attribute, self.requests, values)
        shown = self.shown(readout)
        changes = self.changes(readout, shown)
        leakage = self.leakage(changes)
        drift, identity = self.drift(readout, shown), self.identity_drift(readout)
        worst = max(leakage, key=leakage.__getitem__) if leakage else None
        own = readout[:, :, self.slices[self.attribute.name]]
        start = self.measurer.values(self.base)[self.attribute.name]
        return {
            "hit_mean": float(missed.mean()),
            "hit_median": finite(np.median(missed)),
            "hit_p90": finite(np.quantile(missed, 0.9)),
            "as_asked": float((missed <= AS_ASKED).mean()),
            "hit_median_interval": self.interval(missed, np.median),
            "hit_p90_interval": self.interval(missed, lambda rows: np.quantile(rows, 0.9)),
            "spearman": obedience(self.attribute, self.requests, values, own, start),
            "drift_mean": finite(drift.mean()),
            "drift_mean_interval": self.interval(drift, np.mean),
            "leakage_mean": finite(np.mean(list(leakage.values()))) if leakage else None,
            "leakage_mean_interval": self.leakage_interval(changes),
            "leakage_max": leakage[worst] if worst else None,
            "leakage_worst": worst,
            "identity_drift": finite(identity.mean()),
            "identity_drift_interval": self.interval(identity, np.mean),
        }

    def interval(self, rows: np.ndarray, statistic: Any) -> list[float] | None:
        """Bootstrap interval, over characters, of a statistic of rows [n, ...]."""
        return bootstrap_interval(rows, lambda drawn: float(statistic(drawn)), self.config.bootstrap)

    def shown(self, readout: torch.Tensor) -> dict[str, np.ndarray]:
        """Other trait -> where it can be seen before and after, bool [n, rounds]: no size of glasses without any."""
        before = visible(self.measurer.values(self.base))
        after = [visible(self.measurer.values(part)) for part in readout]
        return {name: np.stack([before[name] & part[name] for part in after], 1) for name in self.others}

    def changes(self, readout: torch.Tensor, shown: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The target and each other trait -> its change in standard deviations, [n, rounds]; NaN where not seen."""
        scaled = (readout - self.base) / self.scale
        names = (self.attribute.name, *self.others)
        moved = {name: (scaled[:, :, self.slices[name]] ** 2).mean(2).sqrt().T.numpy() for name in names}
        return {name: np.where(shown[name], move, np.nan) if name in shown else move for name, move in moved.items()}

    def leakage(self, changes: dict[str, np.ndarray]) -> dict[str, float]:
        """Other trait -> mean change per mean change of the target; empty where the target hardly moved."""
        own = float(changes[self.attribute.name].mean())
        if own < SMALLEST_MOVE:
            return {}
        return {n: float(np.nanmean(changes[n])) / own for n in self.others if not np.isnan(changes[n]).all()}

    def leakage_interval(self, changes: dict[str, np.ndarray]) -> list[float] | None:
        """Bootstrap interval, over characters, of the mean leakage."""
        if not self.others:
            return None
        rest = np.nanmean([changes[name] for name in self.others], axis=(0, 2))
        pairs = np.stack([changes[self.attribute.name].mean(1), rest], axis=1)  # [n, 2]

        def ratio(rows: np.ndarray) -> float | None:
            own, other = rows.mean(0)
            return float(other / own) if own >= SMALLEST_MOVE else None

        return bootstrap_interval(pairs, ratio, self.config.bootstrap)

    def drift(self, readout: torch.Tensor, shown: dict[str, np.ndarray]) -> np.ndarray:
        """Mean change of the other sliders in an edit, as a share of their ranges, [n]."""
        n, rounds = len(self.base), len(readout)
        if not self.others:
            return np.full(n, np.nan)
        moved = np.empty((n, rounds))
        for i, q in np.ndindex(n, rounds):
            gone = drifts(self.measurer.vocabulary, self.measurer.columns, self.base[i], readout[q, i])
            moved[i, q] = np.mean([gone[name] for name in self.others if shown[name][i, q]])
        means: np.ndarray = moved.mean(1)
        return means

    def identity_drift(self, readout: torch.Tensor) -> np.ndarray:
        """Distance to the unedited character in identity traits other than the target, [n]; 1 = a random other one."""
        kept = [name for name in IDENTITY if name in self.others]
        columns = [i for name in kept for i in range(self.slices[name].start, self.slices[name].stop)]
        if not columns:
            return np.full(len(self.base), np.nan)
        scaled = self.population[:, columns] / self.scale[columns]
        usual = (scaled - scaled.roll(1, 0)).norm(dim=1).mean().clamp_min(1e-6)
        moved = (readout - self.base)[:, :, columns] / self.scale[columns]
        return (moved.norm(dim=2).mean(0) / usual).numpy()


def readable(measurer: Measurer, name: str) -> bool:
    """Whether the measurer reads a trait well enough that a change of its reading means a change of the picture."""
    error = measurer.errors.get(name, {})
    if (r2 := error.get("r2")) is not None:
        return r2 >= 0.3
    if (auroc := error.get("auroc")) is not None:
        return auroc >= 0.75
    if (degrees := error.get("mean_degrees")) is not None:
        return degrees <= 60.0
    chance = 1.0 / max(2, len(measurer.vocabulary[name].classes)) if name in measurer.vocabulary else 1.0
    return (error.get("accuracy") or 0.0) >= 2.0 * chance
