"""What the seed of a character decides: jitter of the locks, background, clothes, colours of accessories."""

from dataclasses import dataclass

import numpy as np

from anime_gen.drawing.curves import Points

LOCKS, DRAWS = 96, 32


@dataclass(frozen=True)
class Nuisance:
    """What the seed decides. Streams are drawn in full at once, so that no attribute shifts another draw."""

    jitter: Points  # [96, 4] in [-1, 1): one row a lock
    draws: Points  # [32] in [0, 1): everything else, by position


def nuisance(seed: int) -> Nuisance:
    """The seed's own random numbers, from a counter-based generator."""
    stream = np.random.Generator(np.random.Philox(key=seed))
    numbers = stream.random(4 * LOCKS + DRAWS)
    return Nuisance(2.0 * numbers[: 4 * LOCKS].reshape(LOCKS, 4) - 1.0, numbers[4 * LOCKS :])
