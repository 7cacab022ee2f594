"""From labelled pictures to a calibrated sub-model: split off a validation slice, train, calibrate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from anime_gen.attributes import Attribute
from anime_gen.stylegan2.streams import seeded_weights
from anime_gen.tagging.classifiers.heads import class_weights
from anime_gen.tagging.classifiers.metrics import quality
from anime_gen.tagging.classifiers.network import Shape, SubModel
from anime_gen.tagging.classifiers.pictures import ReadPictures
from anime_gen.tagging.classifiers.sub_model import CalibratedModel, fit_calibrations, judge_all, plain_calibrations
from anime_gen.tagging.classifiers.training import Curve, Lesson, fit, raw_outputs
from anime_gen.tagging.config import SubModelConfig, TrainingConfig
from anime_gen.tagging.targets import Targets
from anime_gen.threads import threads, threads_for

LEAST_HELD = 100  # pictures to calibrate on, where there are at least three times as many
LEAST_OWN = 20


@dataclass
class FittedSubModel:
    """A sub-model and how its training went."""

    model: CalibratedModel
    curve: Curve
    n_train: dict[str, int]


def fit_sub_model(
    attributes: tuple[Attribute, ...],
    read: ReadPictures,
    targets: Targets,
    rows: np.ndarray,
    random_rows: np.ndarray,
    size: SubModelConfig,
    config: TrainingConfig,
    own: int | None = None,
    start: SubModel | None = None,
    on_epoch: Callable[[int, float, float], None] = lambda epoch, loss, value: None,
) -> FittedSubModel:
    """Train the sub-model of one group on the given rows of the targets.

    ``read`` gives pictures uint8 [n, r, r, 3] at ``config.input_px``. Validation and calibration use a slice of
    ``random_rows`` (rows whose labels were not chosen by a learner), left out of training. Rows from ``own`` on are
    drawn first votes: they calibrate an attribute only while the set itself has no labels to calibrate it on.
    ``start`` is a network of the same shape that was taught elsewhere: the backbone starts there, the heads anew.
    """
    labelled = np.any(np.stack([targets.known(a.name) for a in attributes]), axis=0)
    stated = np.any(np.stack([targets.stated(a.name) for a in attributes]), axis=0)
    rows, random_rows = rows[labelled[rows]], random_rows[stated[random_rows]]
    held = _held_out(random_rows, targets.count if own is None else own, config)
    learning = np.setdiff1d(rows, held)
    if len(learning) < 2:
        raise ValueError(f"sub-model {size.group}: {len(rows)} labelled training pictures are too few to learn from")
    lesson = Lesson.of(read(learning), targets, attributes, learning)
    check = Lesson.of(read(held), targets, attributes, held)
    for k, attribute in enumerate(attributes):
        check.targets[torch.from_numpy(~targets.stated(attribute.name)[held]), k] = float("nan")
    _own_first(check.targets, torch.from_numpy(held >= (targets.count if own is None else own)))
    with seeded_weights(config.seed):
        network = SubModel(attributes, shape_of(size, config))
    if start is not None:
        network.backbone.load_state_dict(start.backbone.state_dict())

    def score(model: SubModel) -> float:
        judged = judge_all(model, plain_calibrations(model), raw_outputs(model, check.images), check.targets)
        values = [max(-1.0, quality(j)) for j in judged.values() if len(j) > 1]
        return float(np.nanmean(values)) if values else float("nan")

    with threads(threads_for(config.batch * network.shape.cost())):
        curve = fit(network, lesson, size, config, score, on_epoch)
    weights = [class_weights(a, lesson.targets[:, k]) for k, a in enumerate(attributes)]
    calibrations = fit_calibrations(network.cpu(), raw_outputs(network.cpu(), check.images), check.targets, weights)
    known = {a.name: int((~lesson.targets[:, k].isnan()).sum()) for k, a in enumerate(attributes)}
    return FittedSubModel(CalibratedModel(size.group, network, calibrations), curve, known)


def shape_of(size: SubModelConfig, config: TrainingConfig) -> Shape:
    """The shape of the network that these settings ask for."""
    return Shape(size.width, size.blocks, config.input_px, size.window)


def _held_out(random_rows: np.ndarray, own: int, config: TrainingConfig) -> np.ndarray:
    """The validation slice: a share of the set's own rows and of the drawn ones; a third of very few."""
    random = np.random.default_rng(config.seed)
    held = []
    for rows in (random_rows[random_rows < own], random_rows[random_rows >= own]):
        count = max(round(len(rows) * config.validation_share), min(LEAST_HELD, len(rows) // 3))
        held.append(random.permutation(rows)[:count])
    return np.sort(np.concatenate(held))


def _own_first(targets: torch.Tensor, foreign: torch.Tensor) -> None:
    """Forget drawn labels [n, attributes] of each attribute that the set's own pictures can calibrate."""
    for k in range(targets.shape[1]):
        if int((~targets[~foreign, k].isnan()).sum()) >= LEAST_OWN:
            targets[foreign, k] = float("nan")
