"""A finished sub-model: network, calibration of each attribute, and the file that holds both."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.stylegan2.networks.weights import write_tensors
from anime_gen.tagging.classifiers.calibration import Calibration, calibrate
from anime_gen.tagging.classifiers.heads import predicted_value
from anime_gen.tagging.classifiers.metrics import Judged
from anime_gen.tagging.classifiers.network import Shape, SubModel

FORMAT = 1


@dataclass
class CalibratedModel:
    """The sub-model of one group, ready to tag: evaluation mode, no gradients for its weights."""

    group: str
    network: SubModel
    calibrations: dict[str, Calibration]
    card: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.network.eval().requires_grad_(False)

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """What it reads, in order of its columns."""
        return self.network.attributes

    def readout(self, raw: list[Tensor]) -> Tensor:
        """Read-out columns [n, k] of this group from raw outputs; differentiable."""
        parts = [self.calibrations[a.name].readout(a, r) for a, r in zip(self.attributes, raw, strict=True)]
        return torch.cat(parts, dim=1)

    def judge(self, raw: list[Tensor], targets: Tensor) -> dict[str, Judged]:
        """Predictions beside the truth (labels [n, attributes], NaN = unknown) for each attribute."""
        return judge_all(self.network, self.calibrations, raw, targets)

    def save(self, path: Path) -> None:
        """One safetensors file: the network, and all else as JSON in its metadata."""
        meta = {
            "format": FORMAT,
            "group": self.group,
            "shape": asdict(self.network.shape),
            "attributes": Vocabulary({a.name: a for a in self.attributes}).dump(),
            "calibrations": {name: c.model_dump() for name, c in self.calibrations.items()},
            "card": self.card,
        }
        write_tensors(self.network.state_dict(), path, metadata={"sub_model": json.dumps(meta)})

    @classmethod
    def load(cls, path: Path) -> CalibratedModel:
        """Read a file that ``save`` wrote; ValueError if it is damaged or something else."""
        meta = read_card(path)
        try:
            vocabulary = Vocabulary.parse(meta["attributes"])
            shape: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in meta["shape"].items()}
            network = SubModel(tuple(vocabulary.values()), Shape(**shape))
            with safe_open(path, framework="pt") as file:
                network.load_state_dict({key: file.get_tensor(key) for key in file.keys()})  # noqa: SIM118
            calibrations = {name: Calibration(**entry) for name, entry in meta["calibrations"].items()}
        except (KeyError, TypeError, RuntimeError) as error:
            raise ValueError(f"{path} does not hold a whole sub-model ({error}); run the tag pipeline again") from error
        return cls(meta["group"], network, calibrations, meta["card"])


def read_card(path: Path) -> dict[str, Any]:
    """What a sub-model's file says about itself, without its weights; ValueError if it is not one."""
    try:
        with safe_open(path, framework="pt") as file:
            meta: dict[str, Any] = json.loads((file.metadata() or {})["sub_model"])
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a sub-model file; run the tag pipeline again to make it") from error
    if meta.get("format") != FORMAT:
        raise ValueError(f"{path} has format {meta.get('format')}, this version reads {FORMAT}; run the tag pipeline")
    return meta


def judge(attribute: Attribute, calibration: Calibration, raw: Tensor, truth: Tensor, rows: np.ndarray) -> Judged:
    """Predictions beside the truth of one attribute, all labels known; ``rows`` says which pictures they are."""
    readout = calibration.readout(attribute, raw)
    confidence = calibration.confidence(attribute, raw).numpy()
    return Judged(
        attribute,
        truth.numpy().astype(np.float64),
        predicted_value(attribute, readout).numpy().astype(np.float64),
        confidence,
        confidence < calibration.threshold,
        readout.numpy(),
        rows,
    )


def judge_all(
    network: SubModel, calibrations: dict[str, Calibration], raw: list[Tensor], targets: Tensor
) -> dict[str, Judged]:
    """Predictions beside the truth of every attribute, for the pictures whose label is known."""
    judged = {}
    for k, attribute in enumerate(network.attributes):
        known = ~targets[:, k].isnan()
        rows = np.flatnonzero(known.numpy())
        judged[attribute.name] = judge(attribute, calibrations[attribute.name], raw[k][known], targets[known, k], rows)
    return judged


def plain_calibrations(network: SubModel) -> dict[str, Calibration]:
    """Uncalibrated: only the units of the continuous attributes."""
    centres, spreads = network.centre.tolist(), network.spread.tolist()  # type: ignore[operator]
    return {a.name: Calibration(centre=centres[k], spread=spreads[k]) for k, a in enumerate(network.attributes)}


def fit_calibrations(
    network: SubModel, raw: list[Tensor], targets: Tensor, weights: list[Tensor]
) -> dict[str, Calibration]:
    """Calibrate every attribute on validation outputs and labels [n, attributes] (chosen at random).

    ``weights``: of the classes of each attribute, as the network was taught (``heads.class_weights``).
    """
    plain = plain_calibrations(network)
    return {
        a.name: calibrate(a, raw[k], targets[:, k], plain[a.name].centre, plain[a.name].spread, weights[k])
        for k, a in enumerate(network.attributes)
    }
