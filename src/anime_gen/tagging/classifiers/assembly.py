"""The sub-models of all groups bound into one tagger, and their figures into one report."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any

from anime_gen.attributes import GROUPS, Vocabulary
from anime_gen.tagging.classifiers.tagger import write_manifest

logger = logging.getLogger(__name__)


def assemble(
    vocabulary: Vocabulary, cards: list[dict[str, Any]], folder: Path, place: str, needed: bool = True
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write the manifest of the tagger in ``folder``; returns where it is (``place``), and the report by attribute.

    If no group could be trained: ValueError when sub-models are needed, else a card without groups.
    """
    entries = {name: entry for card in cards for name, entry in card["report"].items()}
    report = {name: entries[name] for name in vocabulary if name in entries}
    trained = [card for card in cards if card["trained"]]
    if not trained:
        first = next((entry["reason"] for entry in report.values() if "reason" in entry), "")
        if needed:
            raise ValueError(
                f"no attribute has enough labels, so there is nothing to tag with. {first} "
                "To train a generator without sliders all the same: --params train.condition=none"
            )
        logger.warning("no sub-models: the generator is trained without tags, so no slider will move it")
        return {"folder": place, "groups": [], "attributes": [], "fingerprint": ""}, report
    groups = [group for group in GROUPS if any(card["group"] == group for card in trained)]
    attributes = [name for name, entry in report.items() if "reason" not in entry]
    write_manifest(folder, groups, attributes)
    fingerprints = "".join(card["fingerprint"] for card in trained)
    taggers = {
        "folder": place,
        "groups": groups,
        "attributes": attributes,
        "fingerprint": hashlib.sha256(fingerprints.encode()).hexdigest(),
    }
    return taggers, report
