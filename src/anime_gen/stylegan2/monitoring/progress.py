"""What a person at the terminal sees of a run."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, TextIO

from anime_gen.stylegan2.networks.config import NetworkConfig

if TYPE_CHECKING:  # training watches itself through this room, so the room imports none of it
    from anime_gen.stylegan2.training.growth import Schedule, Stage

QUIET_SECONDS = 30.0  # between two lines when the output is a file
BAR = 20


def duration(seconds: float) -> str:
    """Hours, minutes and seconds, such as 1:02:03 or 4:05."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Progress:
    """One line: stage, images seen, images/s, time left, losses; rewritten in a terminal, appended now and then
    elsewhere.

    Time left takes the present speed and weighs later resolutions by the products that their convolutions need.
    """

    def __init__(self, schedule: Schedule, network: NetworkConfig, stream: TextIO | None = None) -> None:
        self.schedule, self.network = schedule, network
        self.stream = stream or sys.stderr
        self.shown = 0.0

    def show(
        self, stage: Stage, images: int, images_per_second: float, means: dict[str, float], last: bool = False
    ) -> None:
        """Update the line."""
        terminal = self.stream.isatty()
        now = time.monotonic()
        if not terminal and not last and now - self.shown < QUIET_SECONDS:
            return
        self.shown = now
        done = images / self.schedule.total
        bar = "#" * int(done * BAR) + "-" * (BAR - int(done * BAR))
        alpha = stage.alpha(images)
        fade = f" fading in {alpha:3.0%}" if alpha < 1 else ""
        left = duration(self.seconds_left(stage, images, images_per_second))
        numbers = "  ".join(f"{name} {means[name]:.3f}" for name in ("loss/g", "loss/d") if name in means)
        line = (
            f"[{bar}] {stage.resolution} px{fade}  {images:,}/{self.schedule.total:,} images  "
            f"{images_per_second:.1f} img/s  {left} left  {numbers}"
        )
        self.stream.write(f"\r\x1b[K{line}" if terminal and not last else f"{line}\n")
        self.stream.flush()

    def seconds_left(self, stage: Stage, images: int, images_per_second: float) -> float:
        """Estimate from the present speed and the products still to come."""
        if images_per_second <= 0:
            return 0.0
        cost = self.network.image_cost
        work = sum(
            max(0, later.end - max(images, later.start)) * cost(later.resolution)
            for later in self.schedule.stages[stage.index :]
        )
        return work / cost(stage.resolution) / images_per_second
