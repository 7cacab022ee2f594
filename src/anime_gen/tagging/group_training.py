"""One sub-model from start to finish: labels, training, test, report; an unchanged one is kept as it is."""

from __future__ import annotations

import hashlib
import json
import logging
import shlex
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.images.faces import Faces
from anime_gen.labels.store import LabelStore
from anime_gen.paths import user_path
from anime_gen.tagging.classifiers.fit import FittedSubModel, fit_sub_model, shape_of
from anime_gen.tagging.classifiers.metrics import Judged, attribute_report, untrained_report
from anime_gen.tagging.classifiers.network import Shape, SubModel
from anime_gen.tagging.classifiers.pictures import one_after_another, reader
from anime_gen.tagging.classifiers.plots import confusion_or_scatter, curves, reliability, worst_pictures
from anime_gen.tagging.classifiers.sub_model import CalibratedModel
from anime_gen.tagging.classifiers.trained_group import TrainedGroup
from anime_gen.tagging.classifiers.training import raw_outputs
from anime_gen.tagging.config import LabelsConfig, SubModelConfig, TrainingConfig
from anime_gen.tagging.targets import joined
from anime_gen.tagging.weak_supervision.label_merging import MergedLabels, check_required, lacking, merge_labels
from anime_gen.tagging.weak_supervision.onnx_tagger import add_votes
from anime_gen.tagging.weak_supervision.pseudo_labels import add_pseudo_labels
from anime_gen.tagging.weak_supervision.weak_labels import weak_faces, weak_targets
from anime_gen.tracker import Tracker

logger = logging.getLogger(__name__)
ONNX_VOTES, PSEUDO_LABELS, WEAK_FACES = "onnx_votes", "pseudo_labels", "weak_faces"  # kept in the stage's work folder


@dataclass(frozen=True)
class GroupTask:
    """Everything that decides what the sub-model of one group becomes."""

    vocabulary: Vocabulary
    size: SubModelConfig
    training: TrainingConfig
    labels: LabelsConfig

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The group's attributes; ValueError if the vocabulary has none."""
        return self.vocabulary.group(self.size.group)


def train_group(
    task: GroupTask,
    faces: Faces,
    index: pd.DataFrame,
    answers: LabelStore | None,
    before: TrainedGroup | None,
    work: Path,
    tracker: Tracker,
) -> TrainedGroup:
    """Train and test the sub-model of one group; what was made `before` is kept if it was made from exactly this.

    `answers`: labels given on the Label page. `work`: a folder for what takes long and can be read again.
    """
    merged = _merged_labels(task, faces, index, answers, work)
    reasons = lacking(task.vocabulary.values(), merged, task.labels)
    check_required(task.labels.required, task.vocabulary, reasons)
    weak = task.labels.weak_start == "drawn" and task.labels.weak_count > 0
    attributes = tuple(
        a for a in task.attributes if a.name not in reasons or (weak and _drawable(a)) or _voted(merged, a.name)
    )
    missing = {a.name: reasons[a.name] for a in task.attributes if a not in attributes}
    report = {name: untrained_report(task.vocabulary[name], reason) for name, reason in missing.items()}
    card: dict[str, Any] = {"group": task.size.group, "trained": bool(attributes), "report": report}
    if not attributes:
        logger.warning("sub-model %s is not trained: no attribute of it has enough labels", task.size.group)
        return TrainedGroup(card, None)
    fingerprint = _fingerprint(task, faces, merged, attributes)
    if before is not None and before.model is not None and before.card.get("fingerprint") == fingerprint:
        logger.info("sub-model %s is unchanged: kept", task.size.group)
        return before
    started = time.perf_counter()
    fitted, judged = _trained(task, attributes, faces, merged, work, weak, tracker)
    report |= {name: attribute_report(j, fitted.n_train[name]) for name, j in judged.items()}
    for name in set(reasons) & {a.name for a in attributes}:  # learned from first votes, hardly measured on this set
        report[name]["votes"] = "guessed" if _voted(merged, name) else "drawn"
    card |= {
        "fingerprint": fingerprint,
        "seconds": round(time.perf_counter() - started, 1),
        "epochs": len(fitted.curve.score),
        "report": {a.name: report[a.name] for a in task.attributes},
    }
    fitted.model.card = card
    return TrainedGroup(card, fitted.model)


def _merged_labels(
    task: GroupTask, faces: Faces, index: pd.DataFrame, answers: LabelStore | None, work: Path
) -> MergedLabels:
    """All labels; guesses and an ONNX tagger's votes fill gaps in the training pictures, never calibrate or test."""
    merged = merge_labels(index, task.vocabulary, task.labels, answers)
    if task.labels.onnx is not None:
        tested = {name: values[merged.testing].copy() for name, values in merged.targets.values.items()}
        labelled = np.any([merged.targets.known(name) for name in task.vocabulary], axis=0)
        voted = add_votes(merged.targets, faces, task.labels.onnx, task.labels.weak_weight, work / ONNX_VOTES)
        merged.chosen |= voted & ~labelled
        for name, values in merged.targets.values.items():
            values[merged.testing] = tested.get(name, np.nan)
    if task.labels.taught_by is not None:
        taggers, weight = user_path(task.labels.taught_by), task.labels.weak_weight
        add_pseudo_labels(merged, faces, taggers, weight, work / PSEUDO_LABELS)
    return merged


def _voted(merged: MergedLabels, name: str) -> bool:
    """Whether sub-models or a tagger of one's own voted on an attribute of the learning pictures."""
    votes = merged.targets.votes.get(name)
    return votes is not None and bool(votes[merged.learning].any())


def _drawable(attribute: Attribute) -> bool:
    from anime_gen.drawing import ATTRIBUTES

    return attribute.name in ATTRIBUTES


def _fingerprint(task: GroupTask, faces: Faces, merged: MergedLabels, attributes: tuple[Attribute, ...]) -> str:
    digest = hashlib.sha256(faces.fingerprint.encode())
    settings = [task.size.model_dump(), task.training.model_dump(), task.labels.model_dump()]
    digest.update(json.dumps([settings, [a.model_dump() for a in attributes]], sort_keys=True).encode())
    for attribute in attributes:
        for part in (merged.targets.values, merged.targets.weights, merged.targets.votes):
            if attribute.name in part:
                digest.update(np.ascontiguousarray(part[attribute.name]).tobytes())
    for rows in (merged.learning, merged.testing, merged.chosen):
        digest.update(np.ascontiguousarray(rows).tobytes())
    start = _start_file(task)
    if start is not None:
        digest.update(start.read_bytes())
    return digest.hexdigest()


def _trained(
    task: GroupTask,
    attributes: tuple[Attribute, ...],
    faces: Faces,
    merged: MergedLabels,
    work: Path,
    weak: bool,
    tracker: Tracker,
) -> tuple[FittedSubModel, dict[str, Judged]]:
    read, targets = reader(faces, task.training.input_px), merged.targets
    learning, random_rows = merged.learning, merged.random
    if weak:
        count = task.labels.weak_count
        drawn = weak_faces(work / WEAK_FACES, count, task.training.input_px)
        read = one_after_another(read, targets.count, drawn.read)
        extra = np.arange(targets.count, targets.count + count)
        targets = joined(targets, weak_targets(count, task.vocabulary, task.labels.weak_weight))
        learning, random_rows = np.append(learning, extra), np.append(random_rows, extra)

    def on_epoch(epoch: int, loss: float, score: float) -> None:
        tracker.log_metrics({f"{place}/validation_score": score}, step=(epoch + 1) * len(learning))

    place = f"tagging/{task.size.group}"
    own, start = merged.targets.count, _start(task)
    fitted = fit_sub_model(
        attributes, read, targets, learning, random_rows, task.size, task.training, own, start, on_epoch
    )
    judged, pictures = _tested(fitted, attributes, read, merged)
    step = len(fitted.curve.score) * len(learning)
    tracker.log_image(f"{place}/curves", curves(fitted.curve), step)
    if len(pictures):
        tracker.log_image(f"{place}/predicted_and_true", confusion_or_scatter(judged), step)
        tracker.log_image(f"{place}/reliability", reliability(judged), step)
        tracker.log_image(f"{place}/most_wrong", worst_pictures(judged, pictures), step)
    return fitted, judged


def _start_file(task: GroupTask) -> Path | None:
    path = user_path(task.labels.taught_by or "") / f"{task.size.group}.safetensors"
    return path if task.labels.taught_by is not None and path.is_file() else None


def _start(task: GroupTask) -> SubModel | None:
    """The network of the same group that was taught elsewhere, where it has the same shape."""
    path = _start_file(task)
    if path is None:
        return None
    network, wanted = CalibratedModel.load(path).network, shape_of(task.size, task.training)
    if network.shape != wanted:
        logger.warning("%s", _other_size(task.size.group, path, network.shape, wanted))
        return None
    return network


def _other_size(group: str, path: Path, theirs: Shape, ours: Shape) -> str:
    """Which settings keep a sub-model from starting with what another one has learned."""
    place = {"input_px": "tag.training.input_px"}
    differing = {name: value for name, value in asdict(theirs).items() if value != getattr(ours, name)}
    settings = ",".join(
        f"{place.get(name, f'tag.{group}.sub_model.{name}')}={list(value) if isinstance(value, tuple) else value}"
        for name, value in differing.items()
    )
    return (
        f"sub-model {group} starts from nothing, since the one in {path} has another size; what that one says counts "
        f"as first votes all the same. To start from it too: --params {shlex.quote(settings)}"
    )


def _tested(
    fitted: FittedSubModel, attributes: tuple[Attribute, ...], read: Any, merged: MergedLabels
) -> tuple[dict[str, Judged], np.ndarray]:
    """Predictions beside the truth on the test split, and its pictures uint8 [n, r, r, 3]."""
    rows = merged.testing
    pictures = read(rows)
    images = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)
    raw = raw_outputs(fitted.model.network, images) if len(rows) else [torch.zeros(0, w) for w in _widths(fitted)]
    unknown = np.full(len(rows), np.nan)
    truth = [merged.targets.values[a.name][rows] if a.name in merged.targets.values else unknown for a in attributes]
    return fitted.model.judge(raw, torch.from_numpy(np.stack(truth, axis=1)).float()), pictures


def _widths(fitted: FittedSubModel) -> list[int]:
    return fitted.model.network.widths
