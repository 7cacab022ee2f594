"""Shape of the networks: one frozen value that a saved file carries and from which both networks can be built again."""

import math
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

MIN_RESOLUTION = 4
MAX_RESOLUTION = 1024


def require(condition: bool, field: str, allowed: str, value: object) -> None:
    """Raise a `ValueError` that names the field, its allowed range and the value given."""
    if not condition:
        raise ValueError(f"{field} must be {allowed}; it is {value!r}")


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes shared by generator and discriminator.

    Channels at resolution r are `min(channel_base // r, channel_max)`, as in StyleGAN2 (Karras et al. 2020, section 4).
    `condition` names the columns of tags that the networks are given (see condition.py), which training fills in;
    without any they are unconditional. `condition_rows` is the length of the generator's table of tags.
    Convolutions up to `noise_px` get noise. Drawings have no grain: above 64 px, where noise is as fine as a line, a
    generator makes it into dotted outlines to pass for sharp.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    resolution: int = 64
    channel_base: int = 2048
    channel_max: int = 64
    z_dim: int = 256
    w_dim: int = 256
    mapping_layers: int = 4
    mapping_lr_multiplier: float = 0.01
    noise_px: int = 64
    condition: tuple[str, ...] = ()
    condition_rows: int = 4096

    def __post_init__(self) -> None:
        object.__setattr__(self, "condition", tuple(self.condition))  # JSON has lists
        require(self.condition_rows >= 1, "network.condition_rows", ">= 1", self.condition_rows)
        power = self.resolution > 0 and self.resolution & (self.resolution - 1) == 0
        require(
            power and MIN_RESOLUTION <= self.resolution <= MAX_RESOLUTION,
            "network.resolution",
            f"a power of two from {MIN_RESOLUTION} to {MAX_RESOLUTION}",
            self.resolution,
        )
        require(self.channel_base >= self.resolution, "network.channel_base", ">= resolution", self.channel_base)
        require(self.channel_max >= 1, "network.channel_max", ">= 1", self.channel_max)
        require(self.noise_px >= 0, "network.noise_px", ">= 0 (0: no noise)", self.noise_px)
        require(self.z_dim >= 1, "network.z_dim", ">= 1", self.z_dim)
        require(self.w_dim >= 1, "network.w_dim", ">= 1", self.w_dim)
        require(1 <= self.mapping_layers <= 16, "network.mapping_layers", "from 1 to 16", self.mapping_layers)
        require(
            0 < self.mapping_lr_multiplier <= 1,
            "network.mapping_lr_multiplier",
            "above 0 and at most 1",
            self.mapping_lr_multiplier,
        )

    @property
    def resolutions(self) -> list[int]:
        """Resolutions of the blocks, from 4 to the target."""
        return [2**power for power in range(2, int(math.log2(self.resolution)) + 1)]

    def resolution_for(self, seen_px: int) -> int:
        """The lowest resolution of at least `seen_px` pixels, or the full one: what a reader of that size needs."""
        return min((px for px in self.resolutions if px >= seen_px), default=self.resolution)

    @property
    def num_ws(self) -> int:
        """Number of w vectors the synthesis network takes: 2 log2(resolution) - 2."""
        return num_ws(self.resolution)

    def channels(self, resolution: int) -> int:
        """Feature maps of the block at this resolution."""
        return min(self.channel_base // resolution, self.channel_max)

    def image_cost(self, resolution: int) -> int:
        """Multiply-adds of the 3x3 convolutions, two a block, for one picture at this resolution."""
        return sum(2 * 9 * (r * self.channels(r)) ** 2 for r in self.resolutions if r <= resolution)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file's metadata."""
        return asdict(self)


def num_ws(resolution: int) -> int:
    """Number of w vectors used up to and including this resolution."""
    return 2 * int(math.log2(resolution)) - 2
