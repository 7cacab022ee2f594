"""All sub-models together: pictures in, measured attributes out."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from anime_gen.attributes import Column, Vocabulary
from anime_gen.images.files import write_atomically
from anime_gen.tagging.classifiers.heads import predicted_value
from anime_gen.tagging.classifiers.network import resized
from anime_gen.tagging.classifiers.sub_model import CalibratedModel
from anime_gen.tagging.targets import decoded

MANIFEST = "tagger.json"
TAGGERS = "06_models/taggers"  # where the tag stage leaves the sub-models of a source, below its folder


class Tags(NamedTuple):
    """Tags of n pictures for one attribute: values (class names for a categorical one), confidence, abstained."""

    values: np.ndarray
    confidence: np.ndarray
    abstained: np.ndarray


class Tagger:
    """The sub-models of all groups that had labels; read-out columns are in the vocabulary's order.

    Without labels there are none, and it reads nothing.
    """

    def __init__(self, sub_models: list[CalibratedModel], vocabulary: Vocabulary | None = None) -> None:
        self.sub_models = {model.group: model for model in sub_models}
        read = {a.name: a for model in sub_models for a in model.attributes}
        names = [n for n in (vocabulary or read) if n in read]
        self.vocabulary = Vocabulary.model_construct({name: read[name] for name in names})
        self.columns: list[Column] = self.vocabulary.columns
        given = [column for model in sub_models for a in model.attributes for column in a.columns]
        self._order = [given.index(column) for column in self.columns]
        places: dict[str, list[int]] = {}
        for place, column in enumerate(self.columns):
            places.setdefault(column.attribute, []).append(place)
        self._places = places

    @property
    def fingerprint(self) -> str:
        """sha256 of what the sub-models were made from; empty without any."""
        made_from = "".join(model.card.get("fingerprint", "") for model in self.sub_models.values())
        return hashlib.sha256(made_from.encode()).hexdigest() if made_from else ""

    @property
    def input_px(self) -> int:
        """Side of the largest picture that a sub-model looks at; 0 without any."""
        return max((model.network.shape.input_px for model in self.sub_models.values()), default=0)

    def to(self, device: torch.device | str) -> Tagger:
        """Move all sub-models to a device, in place."""
        for model in self.sub_models.values():
            model.network.to(device)
        return self

    def cost(self) -> int:
        """Multiply-adds of the largest sub-model for one picture."""
        return max(model.network.shape.cost() for model in self.sub_models.values())

    def features(self, images: Tensor) -> dict[str, Tensor]:
        """What the last layer of each group sees, [n, 512], for pictures [n, 3, r, r] in [-1, 1]."""
        small = self._resized(images)
        return {g: m.network.features(small[m.network.shape.input_px]) for g, m in self.sub_models.items()}

    def maps(self, images: Tensor) -> dict[str, list[Tensor]]:
        """The maps [n, c, h, w] of each group's four stages, fine to coarse, in which pictures can be compared."""
        small = self._resized(images)
        return {g: m.network.maps(small[m.network.shape.input_px]) for g, m in self.sub_models.items()}

    def readout_of_maps(self, maps: dict[str, list[Tensor]]) -> Tensor:
        """The read-out [n, columns] from the maps of all groups."""
        return self.readout_of({g: self.sub_models[g].network.backbone.summary(own[-1]) for g, own in maps.items()})

    def _resized(self, images: Tensor) -> dict[int, Tensor]:
        """The pictures at each side that a sub-model looks at."""
        sizes = {model.network.shape.input_px for model in self.sub_models.values()}
        return {size: resized(images, size).contiguous(memory_format=torch.channels_last) for size in sizes}

    def raw(self, images: Tensor) -> dict[str, list[Tensor]]:
        """Raw outputs by group for pictures [n, 3, r, r] in [-1, 1]."""
        return {group: self.sub_models[group].network.split(seen) for group, seen in self.features(images).items()}

    def readout(self, images: Tensor) -> Tensor:
        """Measured attributes [n, columns], differentiable in the pictures [n, 3, r, r] in [-1, 1].

        Continuous: value in its units. Binary: calibrated logit. Categorical: logits. Cyclic: cosine and sine.
        """
        return self.readout_of(self.features(images))

    def readout_of(self, features: dict[str, Tensor]) -> Tensor:
        """The same from the features of all groups."""
        parts = [model.readout(model.network.split(features[group])) for group, model in self.sub_models.items()]
        return torch.cat(parts, dim=1)[:, self._order]

    def part(self, readout: Tensor, attribute: str) -> Tensor:
        """The columns [n, k] of one attribute."""
        return readout[:, self._places[attribute]]

    def values(self, readout: Tensor) -> dict[str, np.ndarray]:
        """Values in the artist's units by attribute: units, degrees, class names; a probability for a binary one."""
        readout = readout.detach().cpu().float()
        return {
            name: decoded(attribute, predicted_value(attribute, self.part(readout, name)).numpy())
            for name, attribute in self.vocabulary.items()
        }

    @torch.inference_mode()
    def tags(self, images: Tensor) -> dict[str, Tags]:
        """Value, confidence and whether to abstain, by attribute; binary values are 0 or 1."""
        return self.tags_of(self.features(images))

    @torch.inference_mode()
    def tags_of(self, features: dict[str, Tensor]) -> dict[str, Tags]:
        """The same from the features of all groups."""
        raw = {group: self.sub_models[group].network.split(seen) for group, seen in features.items()}
        tags = {}
        for group, model in self.sub_models.items():
            for attribute, outputs in zip(model.attributes, raw[group], strict=True):
                calibration, outputs = model.calibrations[attribute.name], outputs.cpu().float()
                value = predicted_value(attribute, calibration.readout(attribute, outputs)).numpy()
                value = (value >= 0.5).astype(np.float32) if attribute.kind == "binary" else decoded(attribute, value)
                confidence = calibration.confidence(attribute, outputs).numpy()
                tags[attribute.name] = Tags(value, confidence, confidence < calibration.threshold)
        return {name: tags[name] for name in self.vocabulary}

    def save(self, folder: Path) -> None:
        """One ``<group>.safetensors`` a sub-model, then the manifest ``tagger.json`` that names them."""
        for group, model in self.sub_models.items():
            model.save(folder / f"{group}.safetensors")
        content = json.dumps({"groups": list(self.sub_models), "attributes": list(self.vocabulary)}, indent=1)
        write_atomically(folder / MANIFEST, lambda file: file.write(content.encode()))

    @staticmethod
    def is_whole(folder: Path) -> bool:
        """Whether the manifest and every sub-model that it names are there."""
        manifest = folder / MANIFEST
        groups = json.loads(manifest.read_text())["groups"] if manifest.is_file() else [None]
        return all((folder / f"{group}.safetensors").is_file() for group in groups)

    @classmethod
    def load(cls, folder: Path) -> Tagger:
        """Read a folder that ``save`` (or the tag pipeline) wrote; FileNotFoundError says how to make one."""
        manifest = folder / MANIFEST
        if not manifest.is_file():
            raise FileNotFoundError(f"no sub-models in {folder}; make them with `kedro run --pipelines=tag`")
        listed = json.loads(manifest.read_text())
        models = [CalibratedModel.load(folder / f"{group}.safetensors") for group in listed["groups"]]
        read = {a.name: a for model in models for a in model.attributes}
        return cls(models, Vocabulary.model_construct({name: read[name] for name in listed["attributes"]}))
