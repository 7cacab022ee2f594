"""Settings of the tag stage; a misspelt key is an error that names it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from anime_gen.distributed import Engine


class SubModelConfig(BaseModel):
    """Size and schooling of one sub-model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    group: str
    width: int = Field(default=24, ge=4, le=256, description="channels of the first stage; doubled at each later one")
    blocks: tuple[int, int, int, int] = (1, 1, 1, 1)
    window: tuple[float, float, float, float] = Field(
        default=(0.0, 0.0, 1.0, 1.0),
        description="left, top, right, bottom of what it sees, as shares",
    )
    epochs: int = Field(default=10, ge=1, le=1000)
    learning_rate: float = Field(default=0.03, gt=0, le=1)

    @field_validator("window")
    @classmethod
    def _inside(cls, window: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        left, top, right, bottom = window
        if not (0.0 <= left < right <= 1.0 and 0.0 <= top < bottom <= 1.0 and right - left >= 0.25 <= bottom - top):
            raise ValueError("window is left, top, right, bottom within 0 to 1, at least a quarter each way")
        return window


class TrainingConfig(BaseModel):
    """What all sub-models share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input_px: int = Field(default=64, ge=32, le=256, multiple_of=16)
    batch: int = Field(default=128, ge=8, le=4096)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    weight_decay: float = Field(default=0.02, ge=0, le=1)
    validation_share: float = Field(default=0.1, gt=0, lt=0.5)
    patience: int = Field(default=6, ge=1, description="epochs without a better validation score before stopping")
    flip_chance: float = Field(default=0.5, ge=0, le=1)
    shift_px: int = Field(default=2, ge=0, le=8)
    light_amount: float = Field(default=0.15, ge=0, le=0.5)
    hue_chance: float = Field(default=0.5, ge=0, le=1)
    noise_amount: float = Field(default=0.03, ge=0, le=0.3)
    low_resolution_chance: float = Field(default=0.3, ge=0, le=1)
    low_resolution_px: int = Field(default=24, ge=16, le=256)
    mixed_precision: Literal["auto", "off"] = "auto"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    seed: int = 1


class OnnxConfig(BaseModel):
    """A tagger file of the user's own, for first votes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    tags: str
    threshold: float = Field(default=0.5, gt=0, lt=1)


class LabelsConfig(BaseModel):
    """Which labels count, and how much."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    required: tuple[str, ...] = Field(default=(), description="groups or attributes that must have labels")
    least: int = Field(default=40, ge=4, description="labelled training pictures an attribute needs")
    given_weight: float = Field(default=1.0, gt=0, description="labels that came with the pictures")
    answer_weight: float = Field(default=2.0, gt=0, description="answers from the Label page or its CSV")
    weak_start: Literal["none", "drawn"] = "none"
    weak_count: int = Field(default=4000, ge=0, le=1_000_000, description="drawn faces for first votes")
    weak_weight: float = Field(default=0.3, gt=0)
    onnx: OnnxConfig | None = None
    taught_by: str | None = Field(default=None, description="folder of sub-models taught elsewhere")

    @property
    def gives_first_votes(self) -> bool:
        """Whether anything but labels speaks for a picture."""
        drawn = self.weak_start == "drawn" and self.weak_count > 0
        return drawn or self.onnx is not None or self.taught_by is not None


class TaggingConfig(BaseModel):
    """How a whole set is tagged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch: int = Field(default=256, ge=1, le=65_536)
    chunk: int = Field(default=8192, ge=1, description="pictures between two saved parts; a stopped run goes on there")
    engine: Engine = "processes"
