"""A set of faces as the measurer sees it: features to compare sets in, and the attributes of each face."""

from dataclasses import dataclass

import numpy as np
import torch

from anime_gen.evaluation.distances.features import to_images
from anime_gen.evaluation.irises import iris_differences
from anime_gen.evaluation.marginals import Values, seen
from anime_gen.evaluation.measurer import Measurer


@dataclass(frozen=True)
class Observation:
    """n faces: features of the picture [n, d] and of its central crop [n, c], and what was read.

    `readout` [n, columns] and `values` (attribute -> [n]) are the measurer's; `shown` has only the faces on which an
    attribute can be seen; `irises` [n] are the colour differences of the two irises.
    """

    features: np.ndarray
    centre: np.ndarray
    readout: torch.Tensor
    values: Values
    shown: Values
    irises: np.ndarray

    def __len__(self) -> int:
        return len(self.features)


def observe(measurer: Measurer, pictures: np.ndarray, batch: int = 128) -> Observation:
    """Look at uint8 pictures [n, r, r, 3] once."""
    parts = []
    with torch.inference_mode():
        for start in range(0, len(pictures), batch):
            images = to_images(pictures[start : start + batch])
            plain = measurer.plain_features(images)
            parts.append([*(measurer.part(name, plain) for name in ("whole", "centre")), measurer.readout_of(plain)])
    features, centre, readout = (torch.cat(side).clone() for side in zip(*parts, strict=True))
    values = measurer.values(readout)
    irises = iris_differences(pictures, values)
    return Observation(features.numpy(), centre.numpy(), readout, values, seen(values), irises)
