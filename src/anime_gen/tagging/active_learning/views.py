"""Views of a set of faces for the Label page: what sub-models see and predict, the lines, the colours.

An attribute shows in one view and hides in the others, so they are kept apart: ``few_shot`` learns from each and
trusts the one that predicts the answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

VIEW_PX = 64
HUES = 12
LIGHTS = 6
ORIENTATIONS = 6
LINE_CELLS, COLOUR_CELLS = 16, 4


@dataclass(frozen=True)
class Prediction:
    """What a sub-model predicts of one attribute: ``readout`` [n, columns], its own, and ``beside`` [n, k], all
    that it predicts of the attribute's group, each column with mean 0 and deviation 1.
    """

    readout: np.ndarray
    beside: np.ndarray

    def take(self, rows: np.ndarray) -> Prediction:
        """The same of some of the faces."""
        return Prediction(self.readout[rows], self.beside[rows])


@dataclass(frozen=True)
class Views:
    """Several views [n, k] of the same n faces, and what sub-models predict: ``predictions[attribute][variant]``."""

    common: dict[str, np.ndarray]
    predictions: dict[str, dict[str, Prediction]] = field(default_factory=dict)

    def take(self, rows: np.ndarray) -> Views:
        """The same looks at some of the faces."""
        common = {name: view[rows] for name, view in self.common.items()}
        predictions = {
            name: {variant: one.take(rows) for variant, one in variants.items()}
            for name, variants in self.predictions.items()
        }
        return Views(common, predictions)

    def of(self, attribute: str) -> dict[str, np.ndarray]:
        """Everything that may tell about one attribute, by name: views, and predictions of its group."""
        variants = self.predictions.get(attribute, {})
        return {**self.common, **{variant: one.beside for variant, one in variants.items()}}

    @property
    def points(self) -> np.ndarray:
        """All common views side by side, each as loud as the others: what clusters of faces are made of."""
        loud = {name: max(1e-9, float(view.var(axis=0).sum()) ** 0.5) for name, view in self.common.items()}
        return np.concatenate([view / loud[name] for name, view in self.common.items()], axis=1)


def main_directions(features: np.ndarray, components: int) -> np.ndarray:
    """Features [n, k] reduced to the directions in which they differ most, float32 [n, components or fewer]."""
    from sklearn.utils.extmath import randomized_svd

    centred = (features - features.mean(axis=0)).astype(np.float32)
    count = min(components, *centred.shape)
    left, singular, _ = randomized_svd(centred, n_components=count, n_iter=4, random_state=0)
    reduced: np.ndarray = (left * singular).astype(np.float32)
    return reduced


def lines(pictures: np.ndarray) -> np.ndarray:
    """Which way edges run, cell by cell, [n, 1536], of pictures uint8 [n, 64, 64, 3].

    Histograms of oriented gradients (Dalal and Triggs 2005), each 4-pixel cell normalised by itself.
    """
    grey = pictures.astype(np.float32).mean(axis=-1) / 255.0
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    angle = np.arctan2(down, across) / np.pi * ORIENTATIONS  # a line has no front: half a turn is all
    cells = np.stack(_shared_out(np.hypot(across, down), angle, ORIENTATIONS, LINE_CELLS), axis=-1)
    even: np.ndarray = cells / np.sqrt(np.square(cells).sum(axis=-1, keepdims=True) + 1e-4)
    return even.reshape(len(pictures), -1)


def colours(pictures: np.ndarray) -> np.ndarray:
    """How much of each hue and lightness there is, cell by cell, [n, 288], of pictures uint8 [n, 64, 64, 3].

    The square root makes distances those of Hellinger: a small vivid iris counts beside a large pale forehead.
    """
    picture = pictures.astype(np.float32) / 255.0
    red, green, blue = np.moveaxis(picture, -1, 0)
    high, low = picture.max(axis=-1), picture.min(axis=-1)
    turn = np.arctan2(0.866 * (green - blue), red - 0.5 * (green + blue)) / (2.0 * np.pi) * HUES
    parts = _shared_out(high - low, turn, HUES, COLOUR_CELLS)
    step = (high + low) / 2.0 * (LIGHTS - 1)
    parts += [_per_cell(0.3 * np.clip(1.0 - np.abs(step - k), 0.0, 1.0), COLOUR_CELLS) for k in range(LIGHTS)]
    result: np.ndarray = np.sqrt(np.stack(parts, axis=-1)).reshape(len(pictures), -1)
    return result


def _shared_out(amount: np.ndarray, place: np.ndarray, bins: int, cells: int) -> list[np.ndarray]:
    """Amounts [n, r, r] shared between the two nearest of ``bins`` places on a circle, summed per cell."""
    below = np.floor(place)
    share, first = place - below, below.astype(int) % bins
    return [
        _per_cell(amount * ((first == k) * (1.0 - share) + ((first + 1) % bins == k) * share), cells)
        for k in range(bins)
    ]


def _per_cell(values: np.ndarray, cells: int) -> np.ndarray:
    """Means over cells x cells equal squares, [n, cells, cells]."""
    count, side = len(values), values.shape[1] // cells
    means: np.ndarray = values.reshape(count, cells, side, cells, side).mean(axis=(2, 4))
    return means
