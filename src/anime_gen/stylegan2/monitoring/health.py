"""Watches a stage while it trains: measures, remembers, warns, and knows the best checkpoint."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import torch

from anime_gen.stylegan2.monitoring import alarms
from anime_gen.stylegan2.monitoring.grid import sample_batches
from anime_gen.stylegan2.monitoring.monitor import Monitor
from anime_gen.stylegan2.networks.resample import downsample2

if TYPE_CHECKING:  # training watches itself through this room, so the room imports none of it
    from anime_gen.stylegan2.training.growth import Schedule, Stage
    from anime_gen.stylegan2.training.reals import Reals
    from anime_gen.stylegan2.training.state import TrainingState

logger = logging.getLogger(__name__)

DISTANCE = "quality/kernel_distance"
LARGEST_PX = 256  # larger pictures are averaged down to this before they are compared


class TrainingCollapsedError(RuntimeError):
    """The generator repeats itself so much that training on would only do harm."""


class Health:
    """Checks of one stage at its checkpoints, on the same latents and the same real pictures every time."""

    def __init__(self, stage: Stage, schedule: Schedule, reals: Reals, pictures: int) -> None:
        self.stage = stage
        self.final = stage.index == schedule.stages[-1].index
        self.pictures = pictures
        order = np.linspace(0, len(reals.rows) - 1, min(pictures, len(reals.rows))).astype(np.int64)
        self.monitor = Monitor(torch.cat([reduced(reals.pictures(part)) for part in np.array_split(order, 16)]))

    def check(self, state: TrainingState, means: dict[str, float]) -> dict[str, float]:
        """Measure the averaged generator and add the figures, with the latest `means`, to the state's record.

        Warns of what the record shows; raises `TrainingCollapsedError` if it says stop.
        """
        if not state.is_finite():  # the guard deals with it
            return {}
        alpha = self.stage.alpha(state.images)
        seeds = range(10_000, 10_000 + self.pictures)
        batches = sample_batches(state.average, seeds, self.stage.resolution, alpha)
        figures = self.monitor.measure(torch.cat([reduced(batch) for batch in batches]))
        known: dict[str, float] = {
            name: means[name] for name in ("real_sign", "logit/real", "logit/fake") if name in means
        }
        entry: dict[str, float] = {
            "images": float(state.images),
            "resolution": float(self.stage.resolution),
            **figures,
            **known,
        }
        state.history.append(entry)
        for alarm in alarms.check(state.history):
            logger.warning("alarm at %s images: %s", f"{state.images:,}", alarm.message)
            if alarm.stop:
                raise TrainingCollapsedError(alarm.message)
        return figures

    def is_best(self, state: TrainingState) -> bool:
        """Whether the newest figures are the best of the final stage; grown blocks must be faded in."""
        if not self.final or not state.history or state.images < self.stage.faded:
            return False
        entries = [e for e in state.history if e["images"] >= self.stage.faded and DISTANCE in e]
        return bool(entries) and min(entries, key=lambda e: e[DISTANCE]) is state.history[-1]


def reduced(images: torch.Tensor) -> torch.Tensor:
    """Pictures [n, 3, r, r], averaged down to LARGEST_PX if they are larger."""
    while images.shape[-1] > LARGEST_PX:
        images = downsample2(images)
    return images
