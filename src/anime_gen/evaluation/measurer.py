"""The measurer: a network that knows the drawn attributes from full ground truth and judges what others made.

One sub-model (`tagging`) for every drawn attribute at once, of its own width, taught on pictures of its own
(independent split, another seed) with its own augmentation. It is used for reports only, never by training, an edit or
the page, so nothing can learn to please it. Its own held-out error is stated first (`errors`). It looks at 64 px:
larger pictures are averaged down, smaller ones enlarged, so one measurer serves generators of every size. On pictures
that are not drawn by our program its values are an extrapolation.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import nn

from anime_gen.attributes import Column, Vocabulary
from anime_gen.drawing import ATTRIBUTES
from anime_gen.evaluation.distances.features import RandomConvolutions
from anime_gen.latent.readings import values_of
from anime_gen.stylegan2.networks.weights import write_tensors
from anime_gen.tagging.classifiers.network import GRID, GRID_CHANNELS, Shape, SubModel
from anime_gen.tagging.classifiers.sub_model import plain_calibrations

INPUT_PX = 64
KNOWN = GRID * GRID * GRID_CHANNELS
"""Length of the learnt part of its features."""
CENTRE = (0.25, 0.375, 0.75, 0.875)
"""Left, top, right, bottom of the face without hair and background, as shares of the picture."""
CENTRE_CELLS = torch.arange(KNOWN).view(GRID_CHANNELS, GRID, GRID)[:, 1:, 1:3].flatten()
"""Learnt features of the cells of its grid that see this part: brows, eyes, mouth, chin."""
PROBE = (8, 32, 32, 3)
"""Small drawings kept beside the weights, by which a change of the drawing program is noticed."""
MIRRORED = ("hair_parting", "head_turn", "head_tilt", "light_side")
"""Attributes that change sign when the picture is mirrored."""
IDENTITY = (
    *("face_width", "chin_length", "skin_tone", "eye_size", "eye_ratio", "eye_tilt", "eye_spacing"),
    *("eye_hue", "eye_lightness", "hair_hue", "hair_saturation", "hair_lightness"),
)
"""Attributes that make a character the same person: face shape, eye shape, palette."""


def drawn_vocabulary() -> Vocabulary:
    """Every drawn attribute as a vocabulary entry."""
    entries = {}
    for name, spec in ATTRIBUTES.items():
        entry: dict[str, Any] = {"label": name.replace("_", " "), "kind": spec.kind, "group": spec.group}
        if spec.kind == "categorical":
            entry["classes"] = list(spec.classes)
        else:
            entry |= {"low": spec.low, "high": spec.high}
        entries[name] = entry | ({"flip": "negate"} if name in MIRRORED else {})
    return Vocabulary.parse(entries)


class Measurer(nn.Module):
    """A sub-model of all drawn attributes, and the features in which sets of pictures are compared."""

    def __init__(self, vocabulary: Vocabulary, width: int = 24) -> None:
        super().__init__()
        self.width, self.vocabulary = width, vocabulary
        self.columns: list[Column] = vocabulary.columns
        self.network = SubModel(tuple(vocabulary.values()), Shape(width=width, input_px=INPUT_PX))
        self.random = RandomConvolutions()
        size = self.random.size
        whole, centre = torch.arange(KNOWN + size), torch.arange(KNOWN + size, KNOWN + 2 * size)
        self.parts = {"whole": whole, "centre": torch.cat([CENTRE_CELLS, centre])}
        self.register_buffer("feature_mean", torch.zeros(KNOWN + 2 * size))
        self.register_buffer("feature_deviation", torch.ones(KNOWN + 2 * size))
        self.register_buffer("probe", torch.zeros(PROBE, dtype=torch.uint8))
        self.card: dict[str, Any] = {}

    def readout(self, images: torch.Tensor) -> torch.Tensor:
        """[n, 3, r, r] -> [n, columns]: units, logits, cosine and sine, as the taggers' read-out."""
        return self.readout_of(self.network.features(images))

    def readout_of(self, plain: torch.Tensor) -> torch.Tensor:
        """Read-out [n, columns] of `plain_features` [n, d], whose first part is all it takes."""
        calibrations = plain_calibrations(self.network)
        raw = zip(self.vocabulary.values(), self.network.split(plain[:, :KNOWN]), strict=True)
        return torch.cat([calibrations[a.name].readout(a, one) for a, one in raw], dim=1)

    def values(self, readout: torch.Tensor) -> dict[str, np.ndarray]:
        """Read-out as attribute -> values [n]: units, probability, class name, degrees."""
        return values_of(self.vocabulary, self.columns, readout)

    def plain_features(self, images: torch.Tensor) -> torch.Tensor:
        """What its last layer sees, and the random network of the picture and of its centre; not yet standardised."""
        left, top, right, bottom = (round(edge * images.shape[-1]) for edge in CENTRE)
        centre = images[:, :, top : max(bottom, top + 1), left : max(right, left + 1)]
        known = self.network.features(images).float()
        return torch.cat([known, self.random(images), self.random(centre)], dim=1)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Frozen features [n, d], standardised over drawn faces, of the whole picture."""
        return self.part("whole", self.plain_features(images))

    def part(self, name: str, plain: torch.Tensor) -> torch.Tensor:
        """Standardised features of the `whole` picture or of its `centre`, from plain ones [n, d].

        The learnt and the random half are scaled by their widths, so that neither outweighs the other.
        """
        chosen = self.parts[name]
        mean, deviation = self.get_buffer("feature_mean")[chosen], self.get_buffer("feature_deviation")[chosen]
        size, known = len(chosen), len(chosen) - self.random.size
        half = torch.full((size,), (size / 2 / self.random.size) ** 0.5)
        half[:known] = (size / 2 / known) ** 0.5
        return (plain[:, chosen] - mean) / deviation * half

    @property
    def errors(self) -> dict[str, dict[str, float | None]]:
        """Its own error on held-out drawings: attribute -> {r2, mae_share} or {accuracy, auroc} or {mean_degrees}."""
        errors: dict[str, dict[str, float | None]] = self.card.get("errors", {})
        return errors

    def save(self, path: Path) -> None:
        """One safetensors file: weights, and a card as JSON in its metadata."""
        facts = {"width": self.width, "vocabulary": self.vocabulary.dump(), "card": self.card}
        write_tensors(self.state_dict(), path, metadata={"measurer": json.dumps(facts, allow_nan=False)})

    @classmethod
    def load(cls, path: Path) -> "Measurer":
        """Read what `save` wrote, ready to measure; FileNotFoundError or ValueError says what to do."""
        if not path.is_file():
            raise FileNotFoundError(f"no measurer at {path}; make it with `kedro run --pipelines=evaluate`")
        try:
            with safe_open(str(path), framework="pt") as file:
                facts = json.loads((file.metadata() or {})["measurer"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
            measurer = cls(Vocabulary.parse(facts["vocabulary"]), facts["width"])
            measurer.load_state_dict(tensors)
        except Exception as error:
            raise ValueError(f"{path} is no measurer ({error}); delete it and run the same command again") from error
        measurer.card = facts["card"]
        return measurer.eval().requires_grad_(False)
