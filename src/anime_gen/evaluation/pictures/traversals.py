"""Traversals: the same character with one attribute moved from end to end, and what the measurer reads in it."""

from collections.abc import Sequence

import numpy as np
import torch

from anime_gen.attributes import Attribute
from anime_gen.evaluation.distances.features import to_pictures
from anime_gen.evaluation.edits.quality import read
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.pictures.strips import Strip
from anime_gen.latent.directions import Directions
from anime_gen.latent.editing import edit_to
from anime_gen.latent.protocols import GeneratorLike
from anime_gen.latent.sampling import draw_ws


def traversal_strips(
    generator: GeneratorLike,
    directions: Directions,
    measurer: Measurer,
    *,
    characters: int,
    points: int,
    seed: int = 0,
    psi: float = 0.7,
    names: Sequence[str] | None = None,
) -> list[Strip]:
    """A strip for each attribute and character; captions say "asked -> measured", or only what was asked."""
    ws = draw_ws(generator, characters, seed, "attribute sweeps", psi)
    strips = []
    for name in names or directions.attributes:
        attribute = directions.attribute(name)
        wishes = traversal_values(attribute, points)
        for row in ws:
            edited = torch.cat([edit_to(row[None], directions, {name: wish}) for wish in wishes])
            with torch.inference_mode():
                pictures = to_pictures(generator.synthesis(edited))
            captions = [_said(attribute, wish) for wish in wishes]
            if name in measurer.vocabulary and measurer.vocabulary[name].kind == attribute.kind:
                values = measurer.values(read(generator, measurer, edited, len(edited)))[name]
                captions = [f"{asked} -> {_said(attribute, got)}" for asked, got in zip(captions, values, strict=True)]
            if attribute.kind == "categorical":  # two class names are too long for one caption
                captions = [str(wish) for wish in wishes]
            strips.append(Strip(attribute.label, pictures, captions))
    return strips


def traversal_values(attribute: Attribute, points: int) -> list[float | str]:
    """Values from end to end: even steps, equal turns, or all classes."""
    if attribute.kind == "categorical":
        return list(attribute.classes)
    if attribute.kind == "cyclic":
        return [float(value) for value in np.linspace(0.0, 360.0, points, endpoint=False)]
    return [float(value) for value in np.linspace(attribute.low, attribute.high, points)]


def _said(attribute: Attribute, value: float | str) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.0f}°" if attribute.kind == "cyclic" else f"{value:.2f}"
