"""The growth schedule: which resolution, how far faded in, as a pure function of images seen."""

from dataclasses import dataclass

from anime_gen.stylegan2.training.training_config import GrowthConfig


@dataclass(frozen=True)
class Stage:
    """A resolution with its borders on the image clock: fades in from `start` to `faded`, stabilises until `end`."""

    index: int
    resolution: int
    start: int
    faded: int
    end: int
    batch: int
    learning_rate: float
    penalty_scale: float = 1.0

    def alpha(self, images: int) -> float:
        """Fade-in weight of this stage's block, from 0 at `start` to 1 from `faded` on."""
        if images >= self.faded:
            return 1.0
        return (images - self.start) / (self.faded - self.start)


@dataclass(frozen=True)
class Schedule:
    """All stages in order."""

    stages: tuple[Stage, ...]

    @property
    def total(self) -> int:
        """Images of the whole run."""
        return self.stages[-1].end

    def at(self, images: int) -> Stage:
        """The stage that trains after this many images."""
        return next((stage for stage in self.stages if images < stage.end), self.stages[-1])


def schedule(growth: GrowthConfig) -> Schedule:
    """Lay the stages on the image clock, lengths rounded up to whole batches; stages of no length are left out."""
    stages: list[Stage] = []
    start = 0
    for config in growth.stages if growth.enabled else growth.stages[-1:]:
        fade = config.fade_images if growth.enabled else 0
        stable = config.stable_images if growth.enabled else growth.full_size_images
        faded = start + whole_batches(fade, config.batch)
        end = faded + whole_batches(stable, config.batch)
        if end > start:
            rates = (config.batch, config.learning_rate, config.penalty_scale)
            stage = Stage(len(stages), config.resolution_px, start, faded, end, *rates)
            stages.append(stage)
        start = end
    if not stages:
        raise ValueError("growth.stages trains for no images; give at least one stage stable_images above 0")
    return Schedule(tuple(stages))


def whole_batches(images: int, batch: int) -> int:
    """The length rounded up to a multiple of the batch."""
    return -(-images // batch) * batch


def is_active(name: str, resolution: int) -> bool:
    """Whether the parameter of this name takes part at this resolution."""
    parts = name.split(".")
    if name.startswith("synthesis.blocks."):
        result: bool = 4 * 2 ** int(parts[2]) <= resolution
        return result
    if name.startswith("blocks."):
        return int(parts[1]) <= resolution
    if name.startswith("from_rgb."):
        return int(parts[1]) in (resolution, resolution // 2)
    return True
