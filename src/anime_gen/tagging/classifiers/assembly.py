"""The sub-models of all groups bound into one tagger, and their figures into one report."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from anime_gen.attributes import Vocabulary
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tagging.classifiers.trained_group import TrainedGroup

logger = logging.getLogger(__name__)


def assemble(
    vocabulary: Vocabulary, groups: Sequence[TrainedGroup], needed: bool = True
) -> tuple[Tagger, dict[str, Any]]:
    """The tagger of all groups that could be trained, and the report by attribute.

    If none could: ValueError when sub-models are needed, else a tagger that reads nothing.
    """
    entries = {name: entry for group in groups for name, entry in group.card["report"].items()}
    report = {name: entries[name] for name in vocabulary if name in entries}
    models = [group.model for group in groups if group.model is not None]
    if not models:
        first = next((entry["reason"] for entry in report.values() if "reason" in entry), "")
        if needed:
            raise ValueError(
                f"no attribute has enough labels, so there is nothing to tag with. {first} "
                "To train a generator without sliders all the same: --params train.condition=none"
            )
        logger.warning("no sub-models: the generator is trained without tags, so no slider will move it")
    read = [name for name, entry in report.items() if "reason" not in entry]
    return Tagger(models, vocabulary.subset(read)), report
