"""The gate between challenger and champion: both measured in the same run, on the same held-out faces."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from anime_gen.evaluation.density_coverage import density_coverage
from anime_gen.evaluation.kernel_distance import kernel_distance
from anime_gen.images.faces import Faces, area_average
from anime_gen.serving.rendering import to_pixels
from anime_gen.stylegan2 import Generator, draw_characters

Features = Callable[[np.ndarray], np.ndarray]
"""uint8 pictures [n, r, r, 3] -> features [n, d]."""

FEWEST_FACES = 16
"""Held-out faces below which two models are not compared."""


def too_few_faces(count: int) -> str:
    """What to say, and do, about a set that cannot compare two models."""
    return (
        f"{count} held-out faces are too few to compare two models, the gate needs at least {FEWEST_FACES}; to let the "
        "page open the new one all the same: kedro run --pipelines=publish --params publish.gate=null"
    )


class GateRule(BaseModel):
    """When a challenger replaces the champion: a lower KID beyond noise, or an equal one at a higher resolution.

    In both cases its coverage may be lower by `coverage_slack` at the most: prettier but samer is no progress.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    faces: int = Field(default=1000, ge=16, description="held-out faces and generated pictures that are compared")
    noise: float = Field(default=2.0, ge=0, description="a difference counts beyond this many standard errors")
    coverage_slack: float = Field(default=0.02, ge=0, le=1)
    seed: int = Field(default=10_000, ge=0, description="number of the first generated character")


@dataclass(frozen=True)
class Score:
    """Figures of one generator against held-out faces, at `resolution` px; `kid_error` is a standard error."""

    kid: float
    kid_error: float
    density: float
    coverage: float
    resolution: int


@dataclass(frozen=True)
class Decision:
    """Whether the challenger becomes champion, and why, in words."""

    promoted: bool
    reason: str


def compare(
    challenger: Generator, champion: Generator, held_out: Faces, features: Features, rule: GateRule
) -> tuple[Score, Score]:
    """Scores of both, at the highest resolution that both and the faces have.

    Raises ValueError when there are too few held-out faces to say anything.
    """
    resolution = min(challenger.config.resolution, champion.config.resolution, held_out.resolution)
    return tuple(score(generator, held_out, features, resolution, rule) for generator in (challenger, champion))  # type: ignore[return-value]


def score(generator: Generator, held_out: Faces, features: Features, resolution: int, rule: GateRule) -> Score:
    """KID, density and coverage of untruncated pictures at `resolution` px."""
    count = min(rule.faces, len(held_out))
    if count < FEWEST_FACES:
        raise ValueError(too_few_faces(count))
    real = features(held_out.at(resolution).read(np.arange(count)))
    made = features(sample(generator, count, resolution, rule.seed))
    distance = kernel_distance(made, real)
    cover = density_coverage(real, made)
    return Score(distance.value, distance.standard_error, cover.density, cover.coverage, resolution)


def sample(generator: Generator, count: int, resolution: int, seed: int, batch: int = 32) -> np.ndarray:
    """Pictures of `count` characters from number `seed` on, uint8 [count, resolution, resolution, 3], psi 1."""
    parts = []
    for start in range(seed, seed + count, batch):
        numbers = range(start, min(start + batch, seed + count))
        z, tags = draw_characters(generator, numbers)
        with torch.inference_mode():
            parts.append(area_average(to_pixels(generator(z, tags=tags)), resolution))
    return np.concatenate(parts)


def decide(challenger: Score, champion: Score, resolutions: tuple[int, int], rule: GateRule) -> Decision:
    """Apply the rule; `resolutions` are those of challenger and champion themselves."""
    lost = champion.coverage - challenger.coverage
    if lost > rule.coverage_slack:
        return Decision(False, f"its coverage is lower by {lost:.3f}, more than {rule.coverage_slack:g}")
    gain = champion.kid - challenger.kid
    noise = rule.noise * float(np.hypot(champion.kid_error, challenger.kid_error))
    if gain > noise:
        return Decision(True, f"its KID is lower by {gain:.4f}, more than the noise of {noise:.4f}")
    if abs(gain) <= noise and resolutions[0] > resolutions[1]:
        return Decision(
            True, f"its KID is equal within {noise:.4f}, and it has {resolutions[0]} px for {resolutions[1]} px"
        )
    return Decision(False, f"its KID is not lower by more than the noise of {noise:.4f} (difference {gain:.4f})")


def table(challenger: Score, champion: Score) -> list[dict[str, Any]]:
    """Both scores as rows, for people."""
    return [{"model": "challenger", **asdict(challenger)}, {"model": "champion", **asdict(champion)}]
