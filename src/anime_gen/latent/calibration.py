"""What a move really does, read by the taggers: curves, reach and leakage that the page shows beside its sliders."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from anime_gen.attributes import Attribute
from anime_gen.latent.config import DirectionConfig
from anime_gen.latent.directions import Directions
from anime_gen.latent.protocols import GeneratorLike, Progress, Reader
from anime_gen.latent.readings import SURE_LOGIT, turn, values_of
from anime_gen.latent.sampling import draw_ws


def calibrate(
    directions: Directions, generator: GeneratorLike, tagger: Reader, config: DirectionConfig, progress: Progress
) -> Directions:
    """Move fresh characters along every attribute by several steps and read the result.

    calibration[attribute]: {"offsets", "values"} mean measured value (degrees turned, for a hue) per step;
    {"classes": {class: share}} for a categorical one: how often a move to the class leads to it.
    reach[attribute]: lowest and highest mean value attained; a class attribute's is (0, share of classes attained).
    """
    ws = draw_ws(generator, config.calibration_characters, config.seed, "direction calibration")
    base = _read(generator, tagger, ws, config.batch)
    calibration: dict[str, dict[str, Any]] = {}
    reach: dict[str, tuple[float, float]] = {}
    leakage = torch.zeros(len(directions.attributes), len(directions.attributes))
    names = directions.attributes
    for row, name in enumerate(progress(names, "measuring every direction")):
        attribute = directions.attribute(name)
        steps = _steps(directions, attribute, base, config.calibration_points)
        moved = torch.cat([ws + directions.space.move(_confined(directions, ws, step)) for step in steps.values()])
        readouts = _read(generator, tagger, moved, config.batch).unflatten(0, (len(steps), len(ws)))
        calibration[name], reach[name] = _curve(directions, attribute, list(steps), base, readouts)
        leakage[row] = _leakage(directions, name, base, readouts)
    return replace(directions, calibration=calibration, reach=reach, leakage=leakage)


def _steps(
    directions: Directions, attribute: Attribute, base: torch.Tensor, points: int
) -> dict[float | str, torch.Tensor]:
    """The steps to try: offset in the attribute's own terms -> coordinates [n, p]."""
    where = directions.rows(attribute.name)
    moves = directions.moves[where]
    if attribute.kind == "categorical":
        return {part: _class_gap(base[:, where], i)[:, None] * moves[i] for i, part in enumerate(attribute.classes)}
    if attribute.kind == "cyclic":
        angle = torch.atan2(base[:, where.stop - 1], base[:, where.start])
        steps: dict[float | str, torch.Tensor] = {}
        for offset in np.linspace(-150.0, 150.0, points):
            turned = angle + float(np.radians(offset))
            change = torch.stack([turned.cos() - angle.cos(), turned.sin() - angle.sin()], 1)
            steps[float(offset)] = change @ moves
        return steps
    span = 1.0 if attribute.kind == "binary" else attribute.high - attribute.low
    unit = 2.0 * SURE_LOGIT if attribute.kind == "binary" else 1.0
    offsets = np.linspace(-span, span, points)
    return {float(o): (float(o) * unit * moves[0]).expand(len(base), -1) for o in offsets}


def _class_gap(logits: torch.Tensor, wanted: int) -> torch.Tensor:
    """How much the class must gain [n] to lead all others by SURE_LOGIT."""
    others = logits.clone()
    others[:, wanted] = -torch.inf
    return (others.max(1).values - logits[:, wanted] + SURE_LOGIT).clamp_min(0.0)


def _confined(directions: Directions, ws: torch.Tensor, step: torch.Tensor) -> torch.Tensor:
    budget = float(directions.settings["identity_budget"])
    return directions.space.confine(directions.space.coordinates(ws), step, budget)


def _curve(
    directions: Directions, attribute: Attribute, offsets: list[float | str], base: torch.Tensor, readouts: torch.Tensor
) -> tuple[dict[str, Any], tuple[float, float]]:
    """Calibration entry and reach of one attribute from read-outs [steps, n, c]."""
    read = [values_of(directions.vocabulary, directions.columns, r)[attribute.name] for r in readouts]
    if attribute.kind == "categorical":
        share = {str(o): float(np.mean(values == o)) for o, values in zip(offsets, read, strict=True)}
        return {"classes": share}, (0.0, float(np.mean([value > 0.5 for value in share.values()])))
    if attribute.kind == "cyclic":
        start = values_of(directions.vocabulary, directions.columns, base)[attribute.name]
        means = [float(np.mean(turn(start, values))) for values in read]
    else:
        means = [float(np.mean(values)) for values in read]
    return {"offsets": [float(o) for o in offsets], "values": means}, (min(means), max(means))


def _leakage(directions: Directions, name: str, base: torch.Tensor, readouts: torch.Tensor) -> torch.Tensor:
    """Mean change of every attribute per mean change of `name`, all in standard deviations: [attributes]."""
    scale = directions.scale
    change = torch.where(scale > 1e-6, (readouts - base).abs() / scale.clamp_min(1e-6), 0.0).mean((0, 1))
    by_attribute = torch.stack([change[directions.rows(other)].mean() for other in directions.attributes])
    own = by_attribute[directions.attributes.index(name)]
    return by_attribute / own if float(own) > 1e-3 else torch.zeros_like(by_attribute)


def _read(generator: GeneratorLike, tagger: Reader, ws: torch.Tensor, batch: int) -> torch.Tensor:
    with torch.inference_mode():
        parts = [tagger.readout(generator.synthesis(part)).float().cpu() for part in ws.split(batch)]
    return torch.cat(parts).clone()
