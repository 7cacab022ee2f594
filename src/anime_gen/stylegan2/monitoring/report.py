"""What a run reports at its ticks: progress line, metrics, sample grids."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from anime_gen.stylegan2.monitoring.grid import grid, sample, save_png, to_uint8
from anime_gen.stylegan2.monitoring.progress import Progress
from anime_gen.tracker import Tracker

if TYPE_CHECKING:  # training watches itself through this room, so the room imports none of it
    from anime_gen.stylegan2.training.growth import Schedule, Stage
    from anime_gen.stylegan2.training.state import TrainingState
    from anime_gen.stylegan2.training.training_config import TrainingConfig

GRID_SIDE = 8
GRID_PIXELS = 512  # smaller pictures are enlarged so that the sheet has at least this side


class Report:
    """Reports of one stage."""

    def __init__(
        self, config: TrainingConfig, schedule: Schedule, folder: Path, tracker: Tracker | None, state: TrainingState
    ) -> None:
        self.config, self.folder, self.tracker = config, folder, tracker
        self.progress = Progress(schedule, config.network)
        self._last = (state.images, state.seconds)

    def tick(self, stage: Stage, state: TrainingState, means: dict[str, float], last: bool) -> None:
        """Show the progress line and log the means since the last tick."""
        images, seconds = self._last
        self._last = (state.images, state.seconds)
        rate = (state.images - images) / (state.seconds - seconds) if state.seconds > seconds else 0.0
        self.progress.show(stage, state.images, rate, means, last)
        if self.tracker:
            metrics = dict(means)
            if self.config.augment.mode != "none":
                metrics["augment/p"] = float(state.running["augment_p"])
            if rate > 0:
                metrics["throughput/kimg_per_min"] = rate * 60 / 1000
            self.tracker.log_metrics(metrics, state.images)

    def log(self, figures: dict[str, float], images: int) -> None:
        """Log more figures."""
        if self.tracker and figures:
            self.tracker.log_metrics(figures, images)

    def samples(self, stage: Stage, state: TrainingState) -> None:
        """Write and log the grid of fixed seeds, by the averaged generator."""
        alpha = stage.alpha(state.images)
        pictures = to_uint8(sample(state.average, range(GRID_SIDE**2), stage.resolution, alpha))
        sheet = grid(pictures, GRID_SIDE, max(1, GRID_PIXELS // (GRID_SIDE * stage.resolution)))
        save_png(sheet, self.folder / "samples" / f"images-{state.images:012d}.png")
        if self.tracker:
            self.tracker.log_image("samples", sheet, state.images)
