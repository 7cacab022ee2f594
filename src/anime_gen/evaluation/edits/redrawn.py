"""What a perfect editor would be judged by: the drawing program draws characters again with one attribute changed.

Its miss is the measurer's own error and its drift the measurer's own noise, in the very figures that edits are judged
by: no edit of a generator can be expected to do better.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from anime_gen.attributes import Attribute
from anime_gen.drawing import ATTRIBUTES, Character, render_many, sample_characters, with_attribute
from anime_gen.drawing.classes import not_applicable
from anime_gen.evaluation.config import EditConfig
from anime_gen.evaluation.distances.features import to_images
from anime_gen.evaluation.edits.figures import Asked
from anime_gen.evaluation.edits.targets import make_targets
from anime_gen.evaluation.measurer import INPUT_PX, Measurer
from anime_gen.latent.directions import Directions

SPLIT, SEED = "independent", 7003
"""Characters that no measurer learnt from."""


def knows_drawings(measurer: Measurer) -> bool:
    """Whether a measurer reads what the drawing program states."""
    return measurer.vocabulary.keys() == list(ATTRIBUTES)


class Redrawn:
    """Drawn characters as a population, and perfect edits of some of them."""

    def __init__(self, directions: Directions, measurer: Measurer, config: EditConfig) -> None:
        self.directions, self.measurer, self.config = directions, measurer, config
        self.characters = sample_characters(config.population, SEED, SPLIT)
        self.population = self._read(self.characters)

    def figures(self, attribute: Attribute) -> dict[str, Any] | None:
        """Figures of perfect edits; None for what the drawing program does not store, as it follows from others."""
        name = attribute.name
        spec = ATTRIBUTES.get(name)
        if spec is None or spec.derived_from or spec.kind != attribute.kind:
            return None
        showing = [i for i, one in enumerate(self.characters) if name not in not_applicable(one.attributes)]
        kind = object if attribute.kind == "categorical" else float
        truth = np.array([self.characters[i].attributes[name] for i in showing], dtype=kind)
        rows = showing[: self.config.characters]
        requests = make_targets(attribute, truth, truth[: len(rows)], self.config.requests)
        edited = [
            with_attribute(self.characters[i], name, wish)
            for wishes in requests
            for i, wish in zip(rows, wishes, strict=True)
        ]
        asked = Asked(
            attribute,
            requests,
            self.population[rows],
            self.population,
            self.directions,
            self.measurer,
            self.config,
        )
        return asked.figures(self._read(edited).unflatten(0, (len(requests), len(rows))))

    def _read(self, characters: Sequence[Character]) -> torch.Tensor:
        pictures = np.stack(list(render_many(characters, INPUT_PX, 1)))
        with torch.inference_mode():
            parts = [self.measurer.readout(part) for part in to_images(pictures).split(self.config.batch)]
        return torch.cat(parts).clone()
