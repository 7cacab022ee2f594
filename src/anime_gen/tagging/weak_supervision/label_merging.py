"""All labels of a set of faces together: those that came with it, people's answers, comparisons, drawn first votes."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.labels.store import LabelStore
from anime_gen.tagging.active_learning.acquisition import ACTIVE
from anime_gen.tagging.active_learning.bradley_terry import bradley_terry, on_scale
from anime_gen.tagging.classifiers.heads import is_right
from anime_gen.tagging.config import LabelsConfig
from anime_gen.tagging.targets import Targets, decoded, is_allowed, targets_of_index

logger = logging.getLogger(__name__)
SECOND_VALUE = 5  # labelled training pictures that must differ from the most common value
OTHERS_SPEAK = (
    ", or let sub-models taught elsewhere and drawn faces speak "
    "(tag.labels.taught_by=data/06_models/shipped/taggers,tag.labels.weak_start=drawn)"
)


@dataclass
class MergedLabels:
    """Labels of the faces of an index, and which rows may judge and calibrate."""

    targets: Targets
    learning: np.ndarray  # rows of the split "train"
    testing: np.ndarray  # rows of the split "tag_test"
    chosen: np.ndarray  # bool [n]: a learner chose this picture, so it must not calibrate

    @property
    def random(self) -> np.ndarray:
        """Learning rows that no learner chose."""
        result: np.ndarray = self.learning[~self.chosen[self.learning]]
        return result


def merge_labels(
    index: pd.DataFrame, vocabulary: Vocabulary, config: LabelsConfig, store: LabelStore | None
) -> MergedLabels:
    """Labels of an index, a person's answer replacing the label that came with the picture."""
    targets = targets_of_index(index, vocabulary, config.given_weight)
    chosen = np.zeros(len(index), dtype=bool)
    if store is not None:
        places = {str(name): row for row, name in enumerate(index["id"])}
        _add_comparisons(targets, store, places, config.answer_weight)
        _add_answers(targets, store, places, chosen, config.answer_weight)
    split = index["split"].to_numpy()
    return MergedLabels(targets, np.flatnonzero(split == "train"), np.flatnonzero(split == "tag_test"), chosen)


def _add_answers(
    targets: Targets, store: LabelStore, places: dict[str, int], chosen: np.ndarray, weight: float
) -> None:
    for name, answers in store.values(targets.vocabulary).items():
        here = {places[p]: a for p, a in answers.items() if p in places}
        elsewhere = len(answers) - len(here)
        if elsewhere:
            logger.warning("%d answers about %s are for pictures that are not in this set", elsewhere, name)
        usable = {row: a for row, a in here.items() if is_allowed(targets.vocabulary[name], a.value)}
        if len(usable) < len(here):
            logger.warning("%d answers about %s are outside today's vocabulary", len(here) - len(usable), name)
        rows = np.array(list(usable), dtype=int)
        targets.put(name, rows, [a.value for a in usable.values()], weight)
        chosen[[row for row, a in usable.items() if a.source == ACTIVE]] = True


def _add_comparisons(targets: Targets, store: LabelStore, places: dict[str, int], weight: float) -> None:
    for attribute in targets.vocabulary.values():
        pairs = store.pairs(attribute.name) if attribute.kind == "continuous" else []
        pairs = [pair for pair in pairs if pair[0] in places and pair[1] in places]
        if not pairs:
            continue
        answers = store.values(targets.vocabulary.subset([attribute.name])).get(attribute.name, {})
        anchors = {p: float(a.value) for p, a in answers.items() if a.value is not None}
        values = on_scale(bradley_terry(pairs), anchors, attribute)
        unknown = {p: v for p, v in values.items() if not targets.known(attribute.name)[places[p]]}
        targets.put(attribute.name, np.array([places[p] for p in unknown], int), list(unknown.values()), weight)


def lacking(attributes: Iterable[Attribute], merged: MergedLabels, config: LabelsConfig) -> dict[str, str]:
    """Attributes with too few labelled training pictures, and what to do about each."""
    reasons = {}
    others = "" if config.taught_by is not None and config.weak_start == "drawn" else OTHERS_SPEAK
    for attribute in attributes:
        count = int(merged.targets.stated(attribute.name)[merged.learning].sum())
        if count < config.least:
            reasons[attribute.name] = (
                f"{count} labelled training pictures, at least {config.least} are needed: add a column "
                f"{attribute.name} to labels.csv, or answer on the Label page (make app){others}"
            )
        elif (sameness := _all_alike(attribute, merged)) is not None:
            reasons[attribute.name] = sameness
    return reasons


def _all_alike(attribute: Attribute, merged: MergedLabels) -> str | None:
    """Why nothing can be learned of labels that hardly vary: a constant guess would be right about nearly all."""
    rows = merged.learning[merged.targets.stated(attribute.name)[merged.learning]]
    values = merged.targets.values[attribute.name][rows]
    found, counts = np.unique(values, return_counts=True)
    usual = found[counts.argmax()]
    others = int((~is_right(attribute, torch.from_numpy(values), torch.tensor(usual))).sum())
    if others >= SECOND_VALUE:
        return None
    value = decoded(attribute, np.array([usual]))[0]
    return (
        f"{len(values) - others} of {len(values)} labelled training pictures have {attribute.name} = {value}; at least "
        f"{SECOND_VALUE} must have another value: label some on the Label page (make app) or in labels.csv"
    )


def check_required(required: tuple[str, ...], vocabulary: Vocabulary, reasons: dict[str, str]) -> None:
    """ValueError if a group or attribute that must have labels lacks them."""
    groups = {attribute.group for attribute in vocabulary.values()}
    for name in required:
        if name not in vocabulary and name not in groups:
            known = ", ".join([*sorted(groups), *vocabulary])
            raise ValueError(f"tag.labels.required names {name!r}, which is no group or attribute; known: {known}")
        members = [name] if name in vocabulary else [a.name for a in vocabulary.group(name)]
        if all(member in reasons for member in members):
            raise ValueError(f"tag.labels.required names {name}, but it has no labels: {reasons[members[0]]}")
