"""Train the measurer on drawn faces, state its error, and keep it as long as nothing that decides it changed.

A strong one lies beside this module (`SHIPPED`): while the settings and the drawing program are those it was made with,
nobody trains it again. After a change of either, `python -m anime_gen.evaluation.measurer_training` makes it anew.
"""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.metrics import roc_auc_score

from anime_gen.attributes import Attribute
from anime_gen.drawing import Character, render, render_many, sample_characters
from anime_gen.evaluation.config import MeasurerConfig
from anime_gen.evaluation.distances.features import to_images
from anime_gen.evaluation.measurer import INPUT_PX, KNOWN, PROBE, Measurer, drawn_vocabulary
from anime_gen.evaluation.progress_bar import bar
from anime_gen.images.faces import area_average
from anime_gen.latent.protocols import Progress, silent
from anime_gen.latent.readings import turn
from anime_gen.stylegan2.streams import seeded_weights
from anime_gen.tagging.classifiers.training import Lesson, fit
from anime_gen.tagging.config import SubModelConfig, TrainingConfig
from anime_gen.tagging.targets import targets_of_labels
from anime_gen.threads import threads, threads_for

SHIPPED = Path(__file__).with_name("measurer.safetensors")
VERSION = 2
"""Raise when the network or its training changes: measurers kept from before are then trained anew."""
SPLIT = "independent"
OVERSIZE = 4
"""Every second face is drawn so many times larger and averaged down, as pictures of larger generators are."""
SMALLEST_DEVIATION = 0.2
"""Of a feature, as a share of the median one's."""
LARGEST_CHANGE = 0.5
"""Mean difference (of 255) of the probe drawings up to which they are the same: rounding differs between machines."""


def content_key(config: MeasurerConfig) -> str:
    """sha256 of the settings and the vocabulary that decide a measurer."""
    return hashlib.sha256(f"{VERSION}/{config.model_dump_json()}/{drawn_vocabulary().version}".encode()).hexdigest()


def ensure_measurer(
    config: MeasurerConfig, before: Measurer | None = None, progress: Progress = silent, shipped: Path = SHIPPED
) -> Measurer:
    """The measurer made `before`, or the shipped one, if it is the one asked for; else a new one."""
    if before is not None and _made_by(config, before):
        return before
    kept = Measurer.load(shipped)
    return kept if _made_by(config, kept) else train_measurer(config, progress)


def _made_by(config: MeasurerConfig, measurer: Measurer) -> bool:
    """Whether these settings and today's drawings made this measurer."""
    if measurer.card.get("key") != content_key(config):
        return False
    change = measurer.get_buffer("probe").float() - torch.from_numpy(probe(config.seed)).float()
    return float(change.abs().mean()) <= LARGEST_CHANGE


def probe(seed: int) -> np.ndarray:
    """A few small drawings uint8 [8, 32, 32, 3] by which a change of the drawing program is noticed."""
    count, side = PROBE[:2]
    return np.stack([render(character, side) for character in sample_characters(count, seed, SPLIT)])


def train_measurer(config: MeasurerConfig, progress: Progress = silent) -> Measurer:
    """Draw, learn, and state the error on drawings it did not learn from."""
    start = time.monotonic()
    characters = sample_characters(config.pictures + config.test_pictures, config.seed, SPLIT)
    pictures = draw(characters, progress)
    learnt, test = slice(0, config.pictures), slice(config.pictures, None)
    measurer = teach(pictures[learnt], characters[learnt], config, progress)
    measurer.card = {
        "key": content_key(config),
        "pictures": config.pictures,
        "test_pictures": config.test_pictures,
        "errors": held_out_errors(measurer, pictures[test], characters[test]),
        "seconds": round(time.monotonic() - start, 2),
    }
    return measurer


def draw(characters: Sequence[Character], progress: Progress = silent) -> np.ndarray:
    """Pictures uint8 [n, 64, 64, 3] of the characters."""
    pictures = np.empty((len(characters), INPUT_PX, INPUT_PX, 3), np.uint8)
    workers = 1 if len(characters) < 1500 else None
    plain = render_many(characters[::2], INPUT_PX, workers)
    larger = render_many(characters[1::2], INPUT_PX * OVERSIZE, workers)
    for i in progress(range(len(characters)), "drawing faces for the measurer"):
        pictures[i] = area_average(next(larger)[None], INPUT_PX)[0] if i % 2 else next(plain)
    return pictures


def teach(
    pictures: np.ndarray, characters: Sequence[Character], config: MeasurerConfig, progress: Progress = silent
) -> Measurer:
    """A measurer that learnt from these pictures uint8 [n, 64, 64, 3] and the truth about them.

    Augmentation: mirroring, a shift by a pixel, noise, and half of each batch (a quarter in the second cycle) made
    coarse and enlarged again, because generated faces are softer than drawn ones and may be smaller. Colours stay:
    they are attributes.
    """
    vocabulary = drawn_vocabulary()
    attributes = tuple(vocabulary.values())
    with seeded_weights(config.seed):
        measurer = Measurer(vocabulary, config.width)
    targets = targets_of_labels([character.labels() for character in characters], vocabulary)
    lesson = Lesson.of(pictures, targets, attributes, np.arange(len(pictures)))
    size = SubModelConfig(
        group="measurer", width=config.width, epochs=config.epochs, learning_rate=config.learning_rate
    )
    epochs = iter(progress(range(config.epochs * config.cycles), "training the measurer"))
    for cycle in range(config.cycles):
        settings = _settings(config, cycle)
        with threads(threads_for(config.batch * measurer.network.shape.cost())):
            fit(measurer.network, lesson, size, settings, _last_epoch, lambda *_: next(epochs, None))
    measurer.cpu().eval().requires_grad_(False)
    _standardise_features(measurer, pictures[:2000])
    measurer.get_buffer("probe").copy_(torch.from_numpy(probe(config.seed)))
    return measurer


def _settings(config: MeasurerConfig, cycle: int) -> TrainingConfig:
    return TrainingConfig(
        input_px=INPUT_PX,
        batch=config.batch,
        shift_px=1,
        light_amount=0.0,
        hue_chance=0.0,
        low_resolution_chance=0.5 / (cycle + 1),
        low_resolution_px=32,
        seed=config.seed + cycle,
    )


def _last_epoch(_: object) -> float:
    """No score: the last epoch of a one-cycle schedule is the one to keep."""
    return float("nan")


def _standardise_features(measurer: Measurer, pictures: np.ndarray) -> None:
    with torch.inference_mode():
        parts = [measurer.plain_features(to_images(pictures[i : i + 256])) for i in range(0, len(pictures), 256)]
    joined = torch.cat(parts)
    deviation = joined.std(0)
    for part in (slice(0, KNOWN), slice(KNOWN, None)):  # units that hardly ever answer must not be magnified
        deviation[part].clamp_min_(SMALLEST_DEVIATION * deviation[part].median())
    measurer.get_buffer("feature_mean").copy_(joined.mean(0))
    measurer.get_buffer("feature_deviation").copy_(deviation)


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


if __name__ == "__main__":
    train_measurer(MeasurerConfig(), bar).save(SHIPPED)
