"""What measuring may be told."""

from pydantic import BaseModel, ConfigDict, Field


class MeasurerConfig(BaseModel):
    """How the measurer is trained. Counts, not seconds: the same measurer on every machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pictures: int = Field(default=20000, ge=64, description="drawn faces of the independent split to learn from")
    test_pictures: int = Field(default=2000, ge=32, description="further faces on which its own error is stated")
    epochs: int = Field(default=10, ge=1, description="passes over them in each cycle")
    cycles: int = Field(default=2, ge=1, description="one-cycle schedules, one after the other")
    batch: int = Field(default=64, ge=8)
    learning_rate: float = Field(default=0.03, gt=0)
    width: int = Field(default=24, ge=4, le=256, description="channels of the first stage")
    seed: int = Field(default=7001, ge=0, description="of the drawn faces: another one than any training set's")


class QualityConfig(BaseModel):
    """How a generator is compared with faces it never saw."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samples: int = Field(default=1000, ge=20, description="generated faces, and at most as many real ones")
    batch: int = Field(default=64, ge=1)
    seed: int = Field(default=0, ge=0, description="number of the first character that is made")
    neighbours: int = Field(default=5, ge=1, le=50, description="k of density and coverage")
    truncations: list[float] = Field(default=[0.5, 0.7, 1.0], description="psi of the truncation curve")
    truncation_samples: int = Field(default=400, ge=20)
    swap_characters: int = Field(default=24, ge=4, description="characters in which one tag at a time is changed")
    grid: int = Field(default=8, ge=2, le=16, description="rows and columns of the sample grid")
    sweep_characters: int = Field(default=2, ge=1, le=8, description="characters in each attribute's strip")
    sweep_points: int = Field(default=7, ge=3, le=15)


class EditConfig(BaseModel):
    """How edits are judged."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    characters: int = Field(default=24, ge=4, description="random characters, each edited in every attribute")
    requests: int = Field(default=3, ge=2, le=9, description="values asked of each character, across what faces show")
    solve_steps: int = Field(default=2, ge=1, le=8)
    compare: bool = Field(default=True, description="judge the published methods beside ours")
    population: int = Field(default=256, ge=16, description="faces that state each trait's usual spread")
    bootstrap: int = Field(default=200, ge=10)
    batch: int = Field(default=64, ge=1)
    seed: int = Field(default=0, ge=0)
