"""What the fit of directions may be told."""

from pydantic import BaseModel, ConfigDict, Field

from anime_gen.distributed import Engine


class DirectionConfig(BaseModel):
    """Parameters of `fit_directions`; defaults for two CPU cores."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samples: int = Field(default=2000, ge=16, description="generated faces whose tags are regressed on the latents")
    batch: int = Field(default=64, ge=1, le=4096)
    engine: Engine = "processes"
    seed: int = Field(default=0, ge=0)
    layer_groups: int = Field(default=4, ge=1, le=18, description="coarse to fine groups told apart by style mixing")
    rank: int = Field(default=48, ge=1, le=512, description="principal axes of w kept per layer group")
    damping: float = Field(default=0.05, gt=0, description="l of (J S J^T + l I), for columns of unit deviation")
    min_layer_share: float = Field(default=0.08, ge=0, le=0.5, description="groups with less of the effect stay still")
    max_stretch: float = Field(
        default=3.0, ge=1, description="a move that holds the others is at most this much longer"
    )
    identity_budget: float = Field(
        default=0.4, gt=0, le=2, description="share of the distance of two random characters"
    )
    drift_budget: float = Field(
        default=0.2, ge=0, le=1, description="share of its range that an unlocked attribute may drift in a move of tags"
    )
    calibration_characters: int = Field(default=16, ge=2)
    calibration_points: int = Field(default=5, ge=3, le=21)
    derived: dict[str, list[str]] = Field(
        default_factory=dict, description="attribute -> those whose values decide it; neither holds the other still"
    )
    shown_with: dict[str, str] = Field(
        default_factory=dict, description="attribute -> the binary one without which it cannot be seen"
    )
