"""The measurer: a network that knows the drawn attributes from full ground truth and judges what others made.

It shares nothing with the taggers: own architecture, own pictures (independent split, another seed), own augmentation.
It is used for reports only, never by an edit or the page, so nothing can learn to please it. Its own held-out error is
stated first (`errors`). On pictures that are not drawn by our program its values are an extrapolation.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from anime_gen.attributes import Column, Vocabulary
from anime_gen.drawing import ATTRIBUTES
from anime_gen.evaluation.features import RandomConvolutions
from anime_gen.latent.readings import values_of

LARGEST_INPUT = 64
"""Larger pictures are averaged to this side first, px."""
CHANNELS = {64: 16, 32: 32, 16: 64, 8: 96, 4: 128}
IDENTITY = (
    *("face_width", "chin_length", "skin_tone", "eye_size", "eye_ratio", "eye_tilt", "eye_spacing"),
    *("eye_hue", "eye_lightness", "hair_hue", "hair_saturation", "hair_lightness"),
)
"""Traits that make a character the same person: face shape, eye shape, palette."""


def drawn_vocabulary() -> Vocabulary:
    """Every drawn attribute as a vocabulary entry."""
    entries = {}
    for name, spec in ATTRIBUTES.items():
        entry: dict[str, Any] = {"label": name.replace("_", " "), "kind": spec.kind, "group": spec.group}
        if spec.kind == "categorical":
            entry["classes"] = list(spec.classes)
        else:
            entry |= {"low": spec.low, "high": spec.high}
        entries[name] = entry
    return Vocabulary.parse(entries)


class Measurer(nn.Module):
    """Plain strided convolutions to 4x4, one hidden layer, one linear head for all columns."""

    def __init__(self, resolution: int, vocabulary: Vocabulary, width: float = 1.0) -> None:
        super().__init__()
        self.resolution, self.width, self.vocabulary = resolution, width, vocabulary
        self.columns: list[Column] = vocabulary.columns
        side = min(resolution, LARGEST_INPUT)
        channels = {size: max(8, int(width * count)) for size, count in CHANNELS.items()}
        layers: list[nn.Module] = [_block(3, channels[side], 5, 1 if side <= 32 else 2)]
        inputs = channels[side]
        size = side if side <= 32 else side // 2
        while size > 4:
            size //= 2
            layers.append(_block(inputs, channels[size], 3, 2))
            inputs = channels[size]
        self.trunk = nn.Sequential(*layers)
        self.hidden = nn.Linear(inputs * 16, int(128 * width))
        self.head = nn.Linear(int(128 * width), len(self.columns))
        self.random = RandomConvolutions()
        size_of_features = int(128 * width) + self.random.size
        self.register_buffer("feature_mean", torch.zeros(size_of_features))
        self.register_buffer("feature_deviation", torch.ones(size_of_features))
        centre = [(a.low + a.high) / 2 if a.kind == "continuous" else 0.0 for a in _owners(vocabulary)]
        half = [(a.high - a.low) / 2 if a.kind == "continuous" else 1.0 for a in _owners(vocabulary)]
        self.register_buffer("centre", torch.tensor(centre), persistent=False)
        self.register_buffer("half_range", torch.tensor(half), persistent=False)
        self.card: dict[str, Any] = {}

    def penultimate(self, images: torch.Tensor) -> torch.Tensor:
        """[n, 3, r, r] in [-1, 1] -> [n, 128 width]."""
        if images.shape[-1] > LARGEST_INPUT:
            images = F.interpolate(images, size=(LARGEST_INPUT, LARGEST_INPUT), mode="area")
        return F.silu(self.hidden(self.trunk(images).flatten(1)))

    def raw(self, images: torch.Tensor) -> torch.Tensor:
        """Columns as they are trained: continuous ones scaled to about -1..1, logits, cosine and sine."""
        return self.head(self.penultimate(images))

    def readout(self, images: torch.Tensor) -> torch.Tensor:
        """[n, 3, r, r] -> [n, columns]: units, logits, cosine and sine, as the taggers' read-out."""
        half, centre = self.get_buffer("half_range"), self.get_buffer("centre")
        return self.raw(images) * half + centre

    def values(self, readout: torch.Tensor) -> dict[str, np.ndarray]:
        """Read-out as attribute -> values [n]: units, probability, class name, degrees."""
        return values_of(self.vocabulary, self.columns, readout)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Frozen features [n, d], standardised over drawn faces: the hidden layer and the random network.

        Each half is scaled by its width, so that neither outweighs the other.
        """
        joined = torch.cat([self.penultimate(images), self.random(images)], dim=1)
        standard = (joined - self.get_buffer("feature_mean")) / self.get_buffer("feature_deviation")
        known = self.hidden.out_features
        half = torch.full((standard.shape[1],), (standard.shape[1] / 2 / self.random.size) ** 0.5)
        half[:known] = (standard.shape[1] / 2 / known) ** 0.5
        return standard * half

    @property
    def errors(self) -> dict[str, dict[str, float | None]]:
        """Its own error on held-out drawings: attribute -> {r2, mae_share} or {accuracy, auroc} or {mean_degrees}."""
        errors: dict[str, dict[str, float | None]] = self.card.get("errors", {})
        return errors

    def save(self, path: Path) -> None:
        """One safetensors file: weights, and a card as JSON in its metadata."""
        facts = {
            "resolution": self.resolution,
            "width": self.width,
            "vocabulary": self.vocabulary.dump(),
            "card": self.card,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.part")
        tensors = {name: tensor.contiguous() for name, tensor in self.state_dict().items()}
        save_file(tensors, beside, metadata={"measurer": json.dumps(facts, allow_nan=False)})
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Measurer":
        """Read what `save` wrote, ready to measure; FileNotFoundError or ValueError says what to do."""
        if not path.is_file():
            raise FileNotFoundError(f"no measurer at {path}; train it with `kedro run --pipelines=evaluate`")
        try:
            with safe_open(str(path), framework="pt") as file:
                facts = json.loads((file.metadata() or {})["measurer"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            measurer = cls(facts["resolution"], Vocabulary.parse(facts["vocabulary"]), facts["width"])
            measurer.load_state_dict(tensors)
        except Exception as error:
            raise ValueError(f"{path} is no measurer ({error}); delete it and run the same command again") from error
        measurer.card = facts["card"]
        return measurer.eval().requires_grad_(False)


def _block(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs), nn.SiLU()
    )


def _owners(vocabulary: Vocabulary) -> list[Any]:
    """The attribute of each column."""
    return [vocabulary[column.attribute] for column in vocabulary.columns]
