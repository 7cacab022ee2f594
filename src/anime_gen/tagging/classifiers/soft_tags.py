"""Tags as a generator is given them: soft numbers, one column each, NaN where unknown or not applicable.

Soft, so that a doubtful tag asks for less than a certain one, and so that the sub-models' reading of a generated
picture can be compared with them by gradient: binary tanh(logit / 3), a class its probability, a hue its cosine and
sine.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.stylegan2.networks.condition import attribute_of
from anime_gen.stylegan2.training.tag_set import TagSet
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tagging.targets import LABEL_PREFIX, Targets, targets_of_index

SOFTNESS = 3.0
SOFT_PREFIX = "soft."
logger = logging.getLogger(__name__)


def softened(vocabulary: Vocabulary, readout: Tensor) -> Tensor:
    """Soft tags [n, k] of a read-out [n, k] in the vocabulary's columns; differentiable."""
    parts = readout.split([len(attribute.columns) for attribute in vocabulary.values()], dim=1)
    return torch.cat([_soft(a, part) for a, part in zip(vocabulary.values(), parts, strict=True)], dim=1)


def _soft(attribute: Attribute, readout: Tensor) -> Tensor:
    if attribute.kind == "binary":
        return torch.tanh(readout / SOFTNESS)
    return readout.softmax(dim=1) if attribute.kind == "categorical" else readout


def stated(attribute: Attribute, values: np.ndarray) -> np.ndarray:
    """Soft tags [n, k] of values that are certain [n]: units, 0 or 1, class number, degrees; NaN stays NaN."""
    if attribute.kind == "continuous":
        return values[:, None]
    if attribute.kind == "binary":
        return values[:, None] * 2.0 - 1.0
    if attribute.kind == "cyclic":
        angle = np.radians(values)
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)
    one_hot = (values[:, None] == np.arange(len(attribute.classes))).astype(np.float64)
    return np.where(np.isnan(values)[:, None], np.nan, one_hot)


class SoftReader:
    """Reads soft tags of some attributes off pictures [n, 3, r, r] in [-1, 1], differentiable: [n, k]."""

    def __init__(self, tagger: Tagger, vocabulary: Vocabulary) -> None:
        self.tagger = tagger
        names = [column.name for column in tagger.vocabulary.columns]
        self._places = [names.index(column.name) for column in vocabulary.columns]
        self._device = torch.device("cpu")

    def __call__(self, images: Tensor) -> Tensor:
        """Soft tags [n, k] of the attributes of `vocabulary`; the sub-models follow the pictures to their device."""
        if images.device != self._device:
            self.tagger.to(images.device)
            self._device = images.device
        return softened(self.tagger.vocabulary, self.tagger.readout(images))[:, self._places]


def conditioned(vocabulary: Vocabulary, left_out: tuple[str, ...]) -> Vocabulary:
    """The attributes that a generator is given: all but those left out, and those that others of them decide.

    An expression that follows from mouth and brows would contradict them whenever one side is changed alone.
    ValueError names an attribute to leave out that does not exist.
    """
    for name in left_out:
        if name not in vocabulary:
            raise ValueError(f"train.tags.left_out: unknown attribute {name!r}; known: {', '.join(vocabulary.keys())}")
    given = [name for name in vocabulary if name not in left_out]
    return vocabulary.subset([name for name in given if not set(vocabulary[name].decided_by) & set(given)])


def training_tags(
    vocabulary: Vocabulary, tagger: Tagger, index: pd.DataFrame, tags: pd.DataFrame, left_out: tuple[str, ...]
) -> TagSet:
    """The condition of a training set: a label where there is one, else the sub-models' soft tag unless they abstain.

    `vocabulary` is that of attributes.yml, `index` and `tags` have a row for each picture of the set. ValueError says
    what does not fit together.
    """
    read = vocabulary.subset(tagger.vocabulary.keys())
    if read.version != tagger.vocabulary.version:
        raise ValueError("attributes.yml and the sub-models disagree about an attribute; run the tag stage again")
    chosen = conditioned(read, left_out)
    columns = [column.name for column in chosen.columns]
    missing = [name for name in columns if SOFT_PREFIX + name not in tags.columns]
    if missing or tags["id"].tolist() != index["id"].tolist():
        what = f"have no column {missing[0]}" if missing else "are of other pictures"
        raise ValueError(f"the tags {what}; run the tag stage again (kedro run --pipelines=tag)")
    labels = targets_of_index(index[[c for c in index.columns if _is_label(str(c), chosen) or c == "id"]], chosen)
    # In a picture whose attributes are labelled for the most part, one without a label cannot be seen.
    complete = np.mean([labels.known(name) for name in chosen], axis=0) > 0.5
    values = np.concatenate([_tags_of(a, labels, tags, complete) for a in chosen.values()], axis=1)
    return _tag_set(chosen, [tagger], tagger.fingerprint, values)


def stated_tags(
    vocabulary: Vocabulary, taggers: Sequence[Tagger], key: str, values: Mapping[str, np.ndarray]
) -> TagSet:
    """The condition of a training set whose attributes are all known, as `Targets` has them: name -> [n].

    `vocabulary` is what `conditioned` gives and all `taggers` read; `key` names the sub-models.
    """
    columns = [stated(attribute, values[name]) for name, attribute in vocabulary.items()]
    return _tag_set(vocabulary, taggers, key, np.concatenate(columns, axis=1))


def _tag_set(chosen: Vocabulary, taggers: Sequence[Tagger], key: str, values: np.ndarray) -> TagSet:
    columns, values = [column.name for column in chosen.columns], values.astype(np.float32)
    together = {a.name: a.shown_with for a in chosen.values() if a.shown_with}
    for name, shown_with in together.items():
        if shown_with in chosen:
            off = ~(values[:, columns.index(shown_with)] > 0.0)
            values[off[:, None] & _belongs(columns, name)] = np.nan
    told = [name for name in chosen if _differs(values[:, _belongs(columns, name)])]
    if not told:
        raise ValueError(
            "no attribute has tags that can be trusted and differ from picture to picture: label more pictures, or "
            "let drawn faces show how far to trust them (tag.labels.weak_start=drawn), and run the tag stage again; "
            "or train a generator without sliders (train.condition=none)"
        )
    if silent := [name for name in chosen if name not in told]:
        logger.warning(
            "not given to the generator, no tag that can be trusted tells one picture from another: %s",
            ", ".join(silent),
        )
    kept, given = np.any([_belongs(columns, name) for name in told], axis=0), chosen.subset(told)
    both_sides = tuple(a.name for a in given.values() if a.both_sides)
    names, together = tuple(column.name for column in given.columns), {n: w for n, w in together.items() if n in told}
    readers = tuple(SoftReader(tagger, given) for tagger in taggers)
    read_px = max(tagger.input_px for tagger in taggers)
    return TagSet(names, values[:, kept], readers, key, together, both_sides, read_px)


def _differs(tags: np.ndarray) -> bool:
    """Whether tags [n, k], NaN where unknown, tell any picture from another."""
    known = tags[~np.isnan(tags).any(axis=1)]
    return bool((known != known[:1]).any())


def _tags_of(attribute: Attribute, labels: Targets, tags: pd.DataFrame, complete: np.ndarray) -> np.ndarray:
    soft = tags[[SOFT_PREFIX + column.name for column in attribute.columns]].to_numpy(dtype=np.float64, copy=True)
    soft[tags[f"{attribute.name}.abstained"].to_numpy(dtype=bool) | complete] = np.nan
    known = labels.known(attribute.name)
    if known.any():
        soft[known] = stated(attribute, labels.values[attribute.name][known])
    return soft


def _is_label(column: str, vocabulary: Vocabulary) -> bool:
    return column.startswith(LABEL_PREFIX) and column.removeprefix(LABEL_PREFIX) in vocabulary


def _belongs(columns: list[str], attribute: str) -> np.ndarray:
    """Which columns are this attribute's, bool [k]."""
    return np.array([attribute_of(column) == attribute for column in columns])
