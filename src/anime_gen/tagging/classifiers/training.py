"""Teaching one sub-model: batches with masked labels, a one-cycle schedule, early stopping on a validation slice."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from anime_gen.attributes import Attribute
from anime_gen.tagging.classifiers.augment import Alterations
from anime_gen.tagging.classifiers.heads import class_weights, head_loss, mirrored
from anime_gen.tagging.classifiers.muon import Muon
from anime_gen.tagging.classifiers.network import SubModel
from anime_gen.tagging.config import SubModelConfig, TrainingConfig
from anime_gen.tagging.targets import Targets

EvaluateEpoch = Callable[[SubModel], float]


@dataclass
class Curve:
    """What happened, epoch by epoch."""

    train_loss: list[float] = field(default_factory=list)
    score: list[float] = field(default_factory=list)
    best_epoch: int = 0


@dataclass
class Lesson:
    """Pictures and labels of one group on one device: uint8 [n, 3, r, r], targets and weights [n, attributes]."""

    attributes: tuple[Attribute, ...]
    images: Tensor
    targets: Tensor
    weights: Tensor

    @classmethod
    def of(cls, pictures: np.ndarray, targets: Targets, attributes: tuple[Attribute, ...], rows: np.ndarray) -> Lesson:
        """Pictures uint8 [m, r, r, 3] of the given rows of the targets."""
        images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)  # stays channels-last in memory
        values = np.stack([targets.values[a.name][rows] for a in attributes], axis=1)
        weights = np.stack([targets.weights[a.name][rows] for a in attributes], axis=1)
        return cls(attributes, images, torch.from_numpy(values).float(), torch.from_numpy(weights).float())

    def __len__(self) -> int:
        return len(self.images)

    def batches(self, batch: int, generator: torch.Generator) -> Iterator[Tensor]:
        """Row numbers of every picture once, in random order; the last batch may be smaller, never one picture."""
        order = torch.randperm(len(self), generator=generator)
        return (rows for rows in order.split(batch) if len(rows) > 1)


def as_float(images: Tensor, device: torch.device) -> Tensor:
    """uint8 pictures as float32 in [-1, 1], channels last (faster convolutions on a CPU)."""
    return images.to(device).to(torch.float32, memory_format=torch.channels_last).div_(127.5).sub_(1.0)


def chosen_device(config: TrainingConfig) -> torch.device:
    """``auto`` takes a CUDA device when there is one."""
    wanted = config.device
    return torch.device("cuda" if wanted == "auto" and torch.cuda.is_available() else wanted.replace("auto", "cpu"))


def mixed_precision(config: TrainingConfig, device: torch.device) -> AbstractContextManager[None]:
    """bfloat16 where the processor multiplies it natively (twice as fast); emulated bfloat16 would be slower."""
    abilities = torch.cpu.get_capabilities()
    native = device.type == "cuda" or any(abilities.get(name) for name in ("avx512_bf16", "amx_bf16"))
    return torch.autocast(device.type, torch.bfloat16, enabled=native and config.mixed_precision == "auto")


def standardise(model: SubModel, lesson: Lesson) -> None:
    """Store mean and spread of the continuous labels in the model, which predicts in those units."""
    for k, attribute in enumerate(lesson.attributes):
        known = lesson.targets[:, k][~lesson.targets[:, k].isnan()]
        if attribute.kind == "continuous" and len(known) > 1:
            model.centre[k] = known.mean()  # type: ignore[operator]
            model.spread[k] = known.std().clamp(min=1e-3 * attribute.span)  # type: ignore[operator]


def batch_loss(
    model: SubModel, raw: list[Tensor], targets: Tensor, weights: Tensor, flipped: Tensor, classes: list[Tensor]
) -> Tensor:
    """Mean over the heads; labels [n, heads] in units, mirrored where the picture was."""
    losses = []
    for k, attribute in enumerate(model.attributes):
        target = torch.where(flipped, mirrored(attribute, targets[:, k]), targets[:, k])
        if attribute.kind == "continuous":
            target = (target - model.centre[k]) / model.spread[k]  # type: ignore[index]
        losses.append(head_loss(attribute, raw[k], target, weights[:, k], classes[k]))
    return torch.stack(losses).mean()


def fit(
    model: SubModel,
    lesson: Lesson,
    size: SubModelConfig,
    config: TrainingConfig,
    score: EvaluateEpoch,
    on_epoch: Callable[[int, float, float], None] = lambda epoch, loss, value: None,
) -> Curve:
    """Train in place and leave the weights of the best epoch by ``score`` (higher is better; NaN: the last one)."""
    device = chosen_device(config)
    generator = torch.Generator().manual_seed(config.seed)
    model.to(device)
    standardise(model, lesson)
    classes = [class_weights(a, lesson.targets[:, k]).to(device) for k, a in enumerate(lesson.attributes)]
    alter = Alterations.allowed(lesson.attributes, config)
    steps = max(1, -(-len(lesson) // config.batch)) * size.epochs
    optimiser = Muon(model.parameters(), size.learning_rate, config.momentum, config.weight_decay)
    schedule = one_cycle(optimiser, steps)
    curve, best, best_state = Curve(), -float("inf"), copy.deepcopy(model.state_dict())
    bar = _bar(size.group, steps)
    for epoch in range(size.epochs):
        model.train()
        losses = []
        for rows in lesson.batches(config.batch, generator):
            losses.append(_step(model, lesson, rows, alter, generator, classes, optimiser, config, device))
            schedule.step()
            bar.update()
        value = score(model.eval())
        curve.train_loss.append(float(np.mean(losses)))
        curve.score.append(value)
        bar.set_postfix_str(f"epoch {epoch + 1} of {size.epochs}, validation score {value:.3f}")
        on_epoch(epoch, curve.train_loss[-1], value)
        if not value <= best:  # NaN too: nothing to compare with
            best, curve.best_epoch, best_state = value, epoch, copy.deepcopy(model.state_dict())
        elif epoch - curve.best_epoch >= config.patience:
            break
    bar.close()
    model.load_state_dict(best_state)
    model.eval()
    return curve


def _bar(group: str, steps: int) -> tqdm[Any]:
    """How far a sub-model is and how long it still takes; a log gets a line now and then."""
    pause = 0.5 if sys.stderr.isatty() else 30.0
    return tqdm(total=steps, desc=f"sub-model {group}", unit="step", delay=1.0, mininterval=pause, file=sys.stderr)


def _step(
    model: SubModel,
    lesson: Lesson,
    rows: Tensor,
    alter: Alterations,
    generator: torch.Generator,
    classes: list[Tensor],
    optimiser: torch.optim.Optimizer,
    config: TrainingConfig,
    device: torch.device,
) -> float:
    images, flipped = alter.apply(as_float(lesson.images[rows], device), generator)
    with mixed_precision(config, device):
        raw = model(images)
    targets, weights = lesson.targets[rows].to(device), lesson.weights[rows].to(device)
    loss = batch_loss(model, raw, targets, weights, flipped, classes)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimiser.step()
    return float(loss.detach())


def one_cycle(optimiser: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.OneCycleLR:
    """Up during the first fifth, then down to nothing (Smith and Topin 2018); the momentum stays.

    The way up takes at least one step: a handful of pictures makes only a few.
    """
    peaks = [group["lr"] for group in optimiser.param_groups]
    return torch.optim.lr_scheduler.OneCycleLR(
        optimiser, peaks, total_steps=steps + 1, pct_start=max(0.2, 2 / (steps + 1)), cycle_momentum=False
    )


def raw_outputs(model: SubModel, images: Tensor, batch: int = 512) -> list[Tensor]:
    """Raw outputs, on the CPU, for uint8 pictures [n, 3, r, r]; the model must be in evaluation mode."""
    device = next(model.parameters()).device
    with torch.inference_mode():
        parts = [model(as_float(part, device)) for part in images.split(batch)]
    return [torch.cat([part[k] for part in parts]).cpu() for k in range(len(model.attributes))]
