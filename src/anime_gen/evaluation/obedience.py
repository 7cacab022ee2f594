"""Does a conditional generator show the tags it is given? What was asked against what the measurer reads."""

from collections.abc import Sequence

import numpy as np
import torch

from anime_gen.attributes import Attribute, Column, Vocabulary
from anime_gen.evaluation.marginals import FEWEST, Values
from anime_gen.evaluation.statistics import finite, rank_correlation
from anime_gen.latent.readings import column_slices, values_of


class Condition:
    """The tags of a generator in terms of a vocabulary: which columns [k] belong to which attribute.

    Columns are named "smile", "hair_hue:cos" or "hair_style:buns"; attributes that the vocabulary does not know, or
    whose columns differ from its own, are left out.
    """

    def __init__(self, columns: Sequence[str], vocabulary: Vocabulary) -> None:
        self.columns = [Column(name, part or None) for name, _, part in (column.partition(":") for column in columns)]
        places = column_slices(self.columns)
        self.places = {
            name: where
            for name, where in places.items()
            if name in vocabulary and tuple(self.columns[where]) == vocabulary[name].columns
        }
        self.vocabulary = vocabulary

    def known(self, tags: torch.Tensor) -> dict[str, np.ndarray]:
        """Attribute -> on which characters its tag is given, bool [n], for tags [n, k]."""
        return {name: tags[:, where].isfinite().all(1).numpy() for name, where in self.places.items()}

    def asked(self, tags: torch.Tensor) -> Values:
        """Attribute -> what is asked of each character [n]: units, probability, class or degrees; by `known` only."""
        return {
            name: values_of(self.vocabulary, self.columns[where], tags[:, where].nan_to_num())[name]
            for name, where in self.places.items()
        }


def obedience(condition: Condition, tags: torch.Tensor, read: Values) -> dict[str, float | None]:
    """Attribute -> how well what is read [n] follows the tags [n, k] asked for; 1 is perfect.

    Continuous: Spearman's rank correlation. Hue: circular correlation. Binary and classes: share as asked. None for
    an attribute asked of fewer than 20 characters, or always with the same value.
    """
    known, asked = condition.known(tags), condition.asked(tags)
    result: dict[str, float | None] = {}
    for name, rows in known.items():
        enough = int(rows.sum()) >= FEWEST
        result[name] = agreement(condition.vocabulary[name], asked[name][rows], read[name][rows]) if enough else None
    return result


def agreement(attribute: Attribute, asked: np.ndarray, read: np.ndarray) -> float | None:
    """How well readings follow wishes: see `obedience`."""
    if attribute.kind == "continuous":
        return rank_correlation(asked, read)
    if attribute.kind == "cyclic":
        return circular_correlation(asked, read)
    return float(as_asked(attribute, asked, read).mean())


def as_asked(attribute: Attribute, asked: np.ndarray, read: np.ndarray) -> np.ndarray:
    """Whether each reading is the class asked for, bool [n]; for binary and categorical attributes."""
    return (asked > 0.5) == (read > 0.5) if attribute.kind == "binary" else asked == read


def circular_correlation(first: np.ndarray, second: np.ndarray) -> float | None:
    """Correlation of two sets of angles in degrees [n], -1..1; None if either is constant.

    Fisher and Lee, *A correlation coefficient for circular data*, 1983: over all pairs, so that it needs no mean
    direction, which uniform hues do not have.
    """
    a, b = (np.radians(side.astype(float)) for side in (first, second))
    sines = [np.sin(side[:, None] - side[None, :]) for side in (a, b)]
    scale = np.sqrt((sines[0] ** 2).sum() * (sines[1] ** 2).sum())
    return finite((sines[0] * sines[1]).sum() / scale) if scale > 1e-9 else None
