"""What the page moves: a direction per attribute, fitted on one generator, with its calibration, reach and leakage."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open

from anime_gen.attributes import Attribute, Column, Vocabulary
from anime_gen.latent.readings import column_slices
from anime_gen.latent.space import LatentSpace
from anime_gen.latent.tag_response import TagResponse
from anime_gen.stylegan2.networks.weights import write_tensors

SCHEMA = 1
TENSORS = ("mean", "axes", "deviations", "intercept", "jacobian", "plain", "scale", "r2", "moves", "leakage")


@dataclass(frozen=True)
class Directions:
    """A linear read-out of the latents, and the moves that change one attribute while all others are held.

    c columns of the read-out, p latent coordinates (`space`): intercept [c], jacobian [c, p] in read-out units per
    standard deviation, plain [c, rank] the same for one w shared by all layers (baselines), scale [c] standard
    deviation of each column over characters, r2 [c] how much of it the latents explain, moves [c, p] for +1 read-out
    unit (a class: of its lead over the others), leakage [attributes, attributes]: row moved, column changed, in
    standard deviations per standard deviation, read by the taggers; trusted: share of faces whose tag they stood by.
    tags: how the read-out answers to the tags given, for a conditional generator.
    """

    space: LatentSpace
    vocabulary: Vocabulary
    intercept: torch.Tensor
    jacobian: torch.Tensor
    plain: torch.Tensor
    scale: torch.Tensor
    r2: torch.Tensor
    moves: torch.Tensor
    leakage: torch.Tensor
    first_layer: dict[str, int] = field(default_factory=dict)
    calibration: dict[str, dict[str, Any]] = field(default_factory=dict)
    reach: dict[str, tuple[float, float]] = field(default_factory=dict)
    trusted: dict[str, float] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    tags: TagResponse | None = None

    @property
    def attributes(self) -> list[str]:
        """Names of the attributes that can be moved, in the vocabulary's order."""
        return self.vocabulary.keys()

    @cached_property
    def columns(self) -> list[Column]:
        """Read-out columns, in the order of every [c] tensor here."""
        return self.vocabulary.columns

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Which columns belong to each attribute."""
        return column_slices(self.columns)

    def attribute(self, name: str) -> Attribute:
        """The attribute of that name; ValueError lists the known ones."""
        if name not in self.vocabulary:
            raise ValueError(f"no direction for {name!r}; this model can move: {', '.join(self.attributes)}")
        return self.vocabulary[name]

    def rows(self, name: str) -> slice:
        """Which columns belong to an attribute; ValueError lists the known ones."""
        return self.slices[self.attribute(name).name]

    def step(self, key: str | Column) -> torch.Tensor:
        """Move of +1 unit of an attribute (continuous, binary) or column (`hair_color:black`) in coordinates, [p]."""
        name = key.name if isinstance(key, Column) else key
        names = [column.name for column in self.columns]
        if name not in names:
            known = self.attribute(name.partition(":")[0])
            parts = ", ".join(column.name for column in known.columns)
            raise ValueError(f"{name!r} has no single direction; ask for one of its columns: {parts}")
        return self.moves[names.index(name)]

    def vector(self, key: str | Column) -> torch.Tensor:
        """The same move as an addition to ws, [num_ws, w_dim]."""
        return self.space.move(self.step(key))

    def predict(self, ws: torch.Tensor) -> torch.Tensor:
        """Read-out [n, c] that the linear fit expects of ws [n, num_ws, w_dim]: instant, no picture made."""
        return self.intercept + self.space.coordinates(ws) @ self.jacobian.T

    def released_by(self, names: set[str]) -> set[str]:
        """Attributes that must not be held when `names` move: they are decided by them, or decide them."""
        derived: dict[str, list[str]] = self.settings.get("derived", {})
        decided = {name for name, sources in derived.items() if names & set(sources)}
        deciding = {source for name in names for source in derived.get(name, [])}
        shown_with: dict[str, str] = self.settings.get("shown_with", {})
        hidden_with = {name for name, carrier in shown_with.items() if carrier in names}
        return decided | deciding | hidden_with

    def save(self, path: Path) -> None:
        """Write one safetensors file: tensors, and the rest as JSON in its metadata."""
        tensors = {name: getattr(self, name) for name in TENSORS[3:]}
        tensors |= {name: getattr(self.space, name) for name in TENSORS[:3]}
        tensors |= {} if self.tags is None else self.tags.tensors()
        facts = {
            "schema": SCHEMA,
            "groups": self.space.groups,
            "radius": self.space.radius,
            "vocabulary": self.vocabulary.dump(),
            "first_layer": self.first_layer,
            "calibration": self.calibration,
            "reach": self.reach,
            "trusted": self.trusted,
            "settings": self.settings,
        }
        as_floats = {name: tensor.float() for name, tensor in tensors.items()}
        write_tensors(as_floats, path, metadata={"directions": json.dumps(facts, allow_nan=False)})

    @classmethod
    def load(cls, path: Path) -> "Directions":
        """Read what `save` wrote; FileNotFoundError or ValueError says what to do."""
        if not path.is_file():
            raise FileNotFoundError(f"no directions at {path}; fit them with `kedro run --pipelines=directions`")
        try:
            with safe_open(str(path), framework="pt") as file:
                facts = json.loads((file.metadata() or {})["directions"])
                t = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            if facts["schema"] != SCHEMA:
                raise ValueError(f"schema {facts['schema']} is not {SCHEMA}")
        except Exception as error:
            raise ValueError(f"{path} holds no directions ({error}); run `kedro run --pipelines=directions`") from error
        groups = tuple((int(a), int(b)) for a, b in facts["groups"])
        return cls(
            space=LatentSpace(t["mean"], t["axes"], t["deviations"], float(facts["radius"]), groups),
            vocabulary=Vocabulary.parse(facts["vocabulary"]),
            **{name: t[name] for name in TENSORS[3:]},
            first_layer=facts["first_layer"],
            calibration=facts["calibration"],
            reach={name: (float(low), float(high)) for name, (low, high) in facts["reach"].items()},
            trusted=facts["trusted"],
            settings=facts["settings"],
            tags=TagResponse.of(t),
        )
