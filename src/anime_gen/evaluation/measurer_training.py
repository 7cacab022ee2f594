"""Train the measurer on drawn faces, state its error, and keep it as long as nothing that decides it changed."""

import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch.nn import functional as F

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.drawing import Character, render, render_many, sample_characters
from anime_gen.evaluation.config import MeasurerConfig
from anime_gen.evaluation.features import to_images
from anime_gen.evaluation.measurer import LARGEST_INPUT, Measurer, drawn_vocabulary
from anime_gen.latent.protocols import Progress, silent
from anime_gen.latent.readings import column_slices, turn

VERSION = 1
"""Raise when the network or its training changes: measurers kept from before are then trained anew."""
MIRRORED = ("hair_parting", "head_turn", "head_tilt", "light_side")
"""Attributes that change sign when the picture is mirrored."""


def content_key(config: MeasurerConfig, resolution: int) -> str:
    """sha256 of all that decides a measurer: its settings and what the drawing program draws today."""
    digest = hashlib.sha256(f"{VERSION}/{resolution}/{config.model_dump_json()}".encode())
    digest.update(drawn_vocabulary().version.encode())
    for character in sample_characters(4, config.seed, split="independent"):
        digest.update(render(character, 32).tobytes())
        digest.update(json.dumps(character.labels(), sort_keys=True).encode())
    return digest.hexdigest()


def ensure_measurer(path: Path, config: MeasurerConfig, resolution: int, progress: Progress = silent) -> Measurer:
    """The measurer at `path` if it is the one asked for, else a new one, trained and kept there."""
    key = content_key(config, resolution)
    if path.is_file():
        try:
            kept = Measurer.load(path)
        except ValueError:
            kept = None
        if kept is not None and kept.card.get("key") == key:
            return kept
    measurer = train_measurer(config, resolution, progress)
    measurer.card["key"] = key
    measurer.save(path)
    return measurer


def train_measurer(config: MeasurerConfig, resolution: int, progress: Progress = silent) -> Measurer:
    """Draw, learn, and state the error on drawings it did not learn from."""
    start = time.monotonic()
    characters = sample_characters(config.pictures + config.test_pictures, config.seed, split="independent")
    pictures = draw(characters, min(resolution, LARGEST_INPUT), progress)
    vocabulary = drawn_vocabulary()
    targets = encode(characters, vocabulary)
    generator = torch.Generator().manual_seed(config.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        measurer = Measurer(resolution, vocabulary, config.width)
    learnt, test = slice(0, config.pictures), slice(config.pictures, None)
    _learn(measurer, pictures[learnt], targets[learnt], config, generator, progress)
    measurer.eval().requires_grad_(False)
    _standardise_features(measurer, pictures[learnt][:2000])
    measurer.card = {
        "resolution": resolution,
        "pictures": config.pictures,
        "test_pictures": config.test_pictures,
        "errors": held_out_errors(measurer, pictures[test], characters[config.pictures :]),
        "seconds": round(time.monotonic() - start, 2),
    }
    return measurer


def draw(characters: Sequence[Character], size_px: int, progress: Progress = silent) -> np.ndarray:
    """Pictures uint8 [n, size_px, size_px, 3] of the characters."""
    pictures = np.empty((len(characters), size_px, size_px, 3), np.uint8)
    drawn = render_many(characters, size_px, workers=1 if len(characters) < 1500 else None)
    for i, picture in zip(progress(range(len(characters)), "drawing faces for the measurer"), drawn, strict=True):
        pictures[i] = picture
    return pictures


def encode(characters: Sequence[Character], vocabulary: Vocabulary) -> torch.Tensor:
    """Truth as training targets [n, columns]: continuous -1..1, classes as one-hot, NaN where it can't be seen."""
    rows = []
    for character in characters:
        labels = character.labels()
        rows.append([v for a in vocabulary.values() for v in _encode_one(a, labels[a.name])])
    return torch.tensor(rows, dtype=torch.float32)


def _encode_one(attribute: Attribute, value: float | str | None) -> list[float]:
    if value is None:
        return [float("nan")] * len(attribute.columns)
    if attribute.kind == "categorical":
        return [float(part == value) for part in attribute.classes]
    number = float(value)
    if attribute.kind == "cyclic":
        return [float(np.cos(np.radians(number))), float(np.sin(np.radians(number)))]
    if attribute.kind == "binary":
        return [number]
    return [(number - attribute.low) / (attribute.high - attribute.low) * 2.0 - 1.0]


def _learn(
    measurer: Measurer,
    pictures: np.ndarray,
    targets: torch.Tensor,
    config: MeasurerConfig,
    generator: torch.Generator,
    progress: Progress,
) -> None:
    steps_per_epoch = max(1, len(pictures) // config.batch)
    total = config.epochs * steps_per_epoch
    optimiser = torch.optim.AdamW(measurer.parameters(), lr=config.learning_rate, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, config.learning_rate, total_steps=total, pct_start=0.15)
    measurer.train()
    order = torch.empty(0, dtype=torch.long)
    for _ in progress(range(total), "training the measurer"):
        if len(order) < config.batch:
            order = torch.randperm(len(pictures), generator=generator)
        rows, order = order[: config.batch], order[config.batch :]
        images, wanted = _augment(to_images(pictures[rows.numpy()]), targets[rows], measurer.vocabulary, generator)
        optimiser.zero_grad(set_to_none=True)
        _loss(measurer.raw(images), wanted, measurer.vocabulary).backward()
        optimiser.step()
        schedule.step()


def _augment(
    images: torch.Tensor, targets: torch.Tensor, vocabulary: Vocabulary, generator: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mirror half of the pictures (with their labels), shift by a pixel, add noise and a little blur.

    Generated faces are softer than drawn ones; without blur and noise the measurer would read that as a trait.
    """
    n = len(images)
    flip = torch.rand(n, generator=generator) < 0.5
    images = torch.where(flip[:, None, None, None], images.flip(-1), images)
    sign = torch.ones(targets.shape[1])
    for name, where in column_slices(vocabulary.columns).items():
        if name in MIRRORED:
            sign[where] = -1.0
    targets = torch.where(flip[:, None], targets * sign, targets)
    down, right = torch.randint(-1, 2, (2,), generator=generator).tolist()
    images = images.roll((down, right), (2, 3))
    soft = F.avg_pool2d(F.pad(images, (1, 1, 1, 1), mode="replicate"), 3, 1)
    share = torch.rand(n, 1, 1, 1, generator=generator) * 0.7
    blurred = torch.rand(n, 1, 1, 1, generator=generator) < 0.4
    images = torch.where(blurred, images.lerp(soft, share), images)
    return images + 0.03 * torch.randn(images.shape, generator=generator), targets


def _loss(raw: torch.Tensor, targets: torch.Tensor, vocabulary: Vocabulary) -> torch.Tensor:
    """Sum over attributes of squared error, cross-entropy or logistic loss; hidden attributes add nothing."""
    total = raw.new_zeros(())
    for name, where in column_slices(vocabulary.columns).items():
        seen = targets[:, where.start].isfinite()
        if not bool(seen.any()):
            continue
        output, wanted = raw[seen, where], targets[seen, where]
        kind = vocabulary[name].kind
        if kind == "categorical":
            total = total + 0.3 * F.cross_entropy(output, wanted)
        elif kind == "binary":
            total = total + F.binary_cross_entropy_with_logits(output, wanted)
        else:
            total = total + 3.0 * F.mse_loss(output, wanted)
    return total


def _standardise_features(measurer: Measurer, pictures: np.ndarray) -> None:
    with torch.inference_mode():
        parts = [
            torch.cat([measurer.penultimate(images), measurer.random(images)], 1)
            for images in (to_images(pictures[i : i + 256]) for i in range(0, len(pictures), 256))
        ]
    joined = torch.cat(parts)
    measurer.get_buffer("feature_mean").copy_(joined.mean(0))
    measurer.get_buffer("feature_deviation").copy_(joined.std(0).clamp_min(1e-3))


def held_out_errors(
    measurer: Measurer, pictures: np.ndarray, characters: Sequence[Character]
) -> dict[str, dict[str, float | None]]:
    """Attribute -> r2 and mae_share (of the range), accuracy and auroc, or mean_degrees; None where undefined."""
    with torch.inference_mode():
        readout = torch.cat([measurer.readout(to_images(pictures[i : i + 256])) for i in range(0, len(pictures), 256)])
    read = measurer.values(readout)
    labels = [character.labels() for character in characters]
    errors: dict[str, dict[str, float | None]] = {}
    for attribute in measurer.vocabulary.values():
        truth = [row[attribute.name] for row in labels]
        seen = np.array([value is not None for value in truth])
        values: list[Any] = [value for value in truth if value is not None]
        errors[attribute.name] = _error(attribute, read[attribute.name][seen], values)
    return errors


def _error(attribute: Attribute, read: np.ndarray, truth: list[Any]) -> dict[str, float | None]:
    if not truth:
        return {"n": 0.0}
    if attribute.kind == "categorical":
        return {"n": len(truth), "accuracy": float(np.mean(read == np.array(truth, dtype=object)))}
    exact = np.array(truth, dtype=float)
    if attribute.kind == "cyclic":
        return {"n": len(truth), "mean_degrees": float(np.abs(turn(exact, read)).mean())}
    if attribute.kind == "binary":
        both = len(set(truth)) == 2
        auroc = float(roc_auc_score(exact, read)) if both else None
        return {"n": len(truth), "accuracy": float(np.mean((read > 0.5) == (exact > 0.5))), "auroc": auroc}
    variance = float(exact.var())
    r2 = 1.0 - float(((read - exact) ** 2).mean()) / variance if variance > 0 else None
    return {"n": len(truth), "r2": r2, "mae_share": float(np.abs(read - exact).mean()) / attribute.span}
