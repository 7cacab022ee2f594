"""The gate between challenger and champion: both measured in the same run, on the same held-out faces."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from anime_gen.evaluation.distances.density_coverage import density_coverage
from anime_gen.evaluation.distances.kernel_distance import kernel_distance
from anime_gen.evaluation.marginals import mean_spread, mean_spread_error, spreads
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.observation import observe
from anime_gen.images.faces import Faces, area_average
from anime_gen.serving.rendering import to_pixels
from anime_gen.stylegan2 import Generator, draw_characters

FEWEST_FACES = 16
"""Held-out faces below which two models are not compared."""


def too_few_faces(count: int) -> str:
    """What to say, and do, about a set that cannot compare two models."""
    return (
        f"{count} held-out faces are too few to compare two models, the gate needs at least {FEWEST_FACES}; to let the "
        "page open the new one all the same: kedro run --pipelines=publish --params publish.gate=null"
    )


class GateRule(BaseModel):
    """When a challenger replaces the champion: better in KID or in spread, or larger, and worse in neither.

    Better and worse count beyond noise. Spread is the mean over attributes of the deviation of generated faces as a
    share of the data's, each counted up to 1: prettier but samer is no progress. Density and coverage are reported but
    decide nothing, since coverage rises when a set shrinks.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    faces: int = Field(default=1000, ge=16, description="held-out faces and generated pictures that are compared")
    noise: float = Field(default=2.0, ge=0, description="a difference counts beyond this many standard errors")
    seed: int = Field(default=10_000, ge=0, description="number of the first generated character")


@dataclass(frozen=True)
class Score:
    """Figures of one generator against held-out faces, at `resolution` px; errors are standard errors.

    `spread` is None where nothing varies enough to say, as on faces that the measurer cannot read.
    """

    kid: float
    kid_error: float
    spread: float | None
    spread_error: float
    density: float
    coverage: float
    resolution: int


@dataclass(frozen=True)
class Decision:
    """Whether the challenger becomes champion, and why, in words."""

    promoted: bool
    reason: str


@dataclass(frozen=True)
class Change:
    """From champion to challenger, in one figure: positive is better; `noise` is what chance may do."""

    name: str
    better: str
    worse: str
    amount: float
    noise: float

    @property
    def gained(self) -> bool:
        """Better beyond noise."""
        return self.amount > self.noise

    @property
    def lost(self) -> bool:
        """Worse beyond noise."""
        return self.amount < -self.noise

    def __str__(self) -> str:
        """As "KID is lower by 0.0120, more than the noise of 0.0040"."""
        if not (self.gained or self.lost):
            return f"{self.name} is equal within the noise of {self.noise:.4f}"
        word = self.better if self.gained else self.worse
        return f"{self.name} is {word} by {abs(self.amount):.4f}, more than the noise of {self.noise:.4f}"


def compare(
    challenger: Generator, champion: Generator, held_out: Faces, measurer: Measurer, rule: GateRule
) -> tuple[Score, Score]:
    """Scores of both, at the highest resolution that both and the faces have.

    Raises ValueError when there are too few held-out faces to say anything.
    """
    resolution = min(challenger.config.resolution, champion.config.resolution, held_out.resolution)
    first = score(challenger, held_out, measurer, resolution, rule)
    return first, score(champion, held_out, measurer, resolution, rule)


def score(generator: Generator, held_out: Faces, measurer: Measurer, resolution: int, rule: GateRule) -> Score:
    """KID, spread, density and coverage of untruncated pictures at `resolution` px."""
    count = min(rule.faces, len(held_out))
    if count < FEWEST_FACES:
        raise ValueError(too_few_faces(count))
    real = observe(measurer, held_out.at(resolution).read(np.arange(count)))
    made = observe(measurer, sample(generator, count, resolution, rule.seed))
    distance = kernel_distance(made.features, real.features)
    cover = density_coverage(real.features, made.features)
    words = measurer.vocabulary
    spread = mean_spread(spreads(words, real.shown, made.shown))
    error = mean_spread_error(words, real.shown, made.shown)
    return Score(distance.value, distance.standard_error, spread, error, cover.density, cover.coverage, resolution)


def sample(generator: Generator, count: int, resolution: int, seed: int, batch: int = 32) -> np.ndarray:
    """Pictures of `count` characters from number `seed` on, uint8 [count, resolution, resolution, 3], psi 1."""
    parts = []
    for start in range(seed, seed + count, batch):
        z, tags = draw_characters(generator, range(start, min(start + batch, seed + count)))
        with torch.inference_mode():
            parts.append(area_average(to_pixels(generator(z, tags=tags)), resolution))
    return np.concatenate(parts)


def decide(challenger: Score, champion: Score, resolutions: tuple[int, int], rule: GateRule) -> Decision:
    """Apply the rule; `resolutions` are those of challenger and champion themselves."""
    changes = _changes(challenger, champion, rule)
    lost, gained = [c for c in changes if c.lost], [c for c in changes if c.gained]
    if lost:
        return Decision(False, f"its {lost[0]}")
    if gained:
        return Decision(True, _words([*gained, *(c for c in changes if not c.gained)]))
    if resolutions[0] > resolutions[1]:
        return Decision(True, f"{_words(changes)}, and it has {resolutions[0]} px for {resolutions[1]} px")
    return Decision(False, f"{_words(changes)}, and it is no larger")


def _words(changes: list[Change]) -> str:
    return " and ".join(f"its {change}" for change in changes)


def _changes(challenger: Score, champion: Score, rule: GateRule) -> list[Change]:
    kid_noise = rule.noise * float(np.hypot(champion.kid_error, challenger.kid_error))
    changes = [Change("KID", "lower", "higher", champion.kid - challenger.kid, kid_noise)]
    if challenger.spread is not None and champion.spread is not None:
        noise = rule.noise * float(np.hypot(champion.spread_error, challenger.spread_error))
        changes.append(Change("spread", "wider", "narrower", challenger.spread - champion.spread, noise))
    return changes


def table(challenger: Score, champion: Score) -> list[dict[str, Any]]:
    """Both scores as rows, for people."""
    return [{"model": "challenger", **asdict(challenger)}, {"model": "champion", **asdict(champion)}]
