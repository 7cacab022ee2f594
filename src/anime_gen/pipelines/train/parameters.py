"""`params:train`, checked before any work: a misspelt or impossible setting is an error that names it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.training.training_config import (
    AugmentConfig,
    GrowthConfig,
    GuardConfig,
    LossConfig,
    OptimConfig,
    RunConfig,
    TagConfig,
    TrainingConfig,
)


class TrainParameters(BaseModel):
    """The group `train:` of train.yml, section by section as in `TrainingConfig`."""

    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    condition: Literal["tags", "none"] = "tags"
    start_from: str = ""
    network: NetworkConfig = NetworkConfig()
    growth: GrowthConfig = GrowthConfig()
    optim: OptimConfig = OptimConfig()
    loss: LossConfig = LossConfig()
    tags: TagConfig = TagConfig()
    augment: AugmentConfig = AugmentConfig()
    guard: GuardConfig = GuardConfig()
    run: RunConfig = RunConfig()

    def config(self) -> TrainingConfig:
        """The same settings as the trainer takes them."""
        return TrainingConfig(**{name: getattr(self, name) for name in type(self).model_fields})
