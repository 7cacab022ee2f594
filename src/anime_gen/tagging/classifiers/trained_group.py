"""What became of one group of attributes: its sub-model, and a card that says how well it reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anime_gen.images.files import write_atomically
from anime_gen.tagging.classifiers.sub_model import CalibratedModel


@dataclass(frozen=True)
class TrainedGroup:
    """`model` is None where no attribute of the group had enough labels; the card's `report` then says why."""

    card: dict[str, Any]
    model: CalibratedModel | None

    def save(self, path: Path) -> None:
        """Write the sub-model to `path`, a safetensors file, and the card beside it; without one `path` goes."""
        if self.model is None:
            path.unlink(missing_ok=True)
        else:
            self.model.save(path)
        text = json.dumps(self.card)
        write_atomically(path.with_suffix(".json"), lambda file: file.write(text.encode()))

    @classmethod
    def load(cls, path: Path) -> TrainedGroup:
        """Read what `save` wrote; FileNotFoundError or ValueError if it is not there or damaged."""
        card: dict[str, Any] = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        return cls(card, CalibratedModel.load(path) if card["trained"] else None)

    @staticmethod
    def is_whole(path: Path) -> bool:
        """Whether card and, if it speaks of one, sub-model are there."""
        card = path.with_suffix(".json")
        return card.is_file() and (path.is_file() or not json.loads(card.read_text(encoding="utf-8"))["trained"])
