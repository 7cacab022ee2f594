"""Everything a training run depends on: the frozen value behind conf/*/parameters/train.yml."""

import hashlib
import itertools
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Literal, get_args

from anime_gen.distributed import Engine
from anime_gen.stylegan2.networks.config import NetworkConfig, require

FORBID_EXTRA = {"extra": "forbid"}


@dataclass(frozen=True)
class StageConfig:
    """One resolution of the growth schedule; lengths in images, rounded up to whole batches.

    `penalty_scale` multiplies loss.r1_gamma and r2_gamma: a picture of twice the side shares the same change of logit
    among four times as many pixels, which makes its squared gradient a quarter.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_EXTRA

    resolution_px: int
    fade_images: int = 0
    stable_images: int = 20_000
    batch: int = 32
    learning_rate: float = 0.0025
    penalty_scale: float = 1.0

    def __post_init__(self) -> None:
        require(self.resolution_px >= 4, "growth.stages.resolution_px", "a power of two from 4", self.resolution_px)
        require(self.fade_images >= 0, "growth.stages.fade_images", ">= 0", self.fade_images)
        require(self.stable_images >= 0, "growth.stages.stable_images", ">= 0", self.stable_images)
        require(1 <= self.batch <= 4096, "growth.stages.batch", "from 1 to 4096", self.batch)
        require(0 < self.learning_rate < 1, "growth.stages.learning_rate", "above 0, below 1", self.learning_rate)
        require(self.penalty_scale > 0, "growth.stages.penalty_scale", "above 0", self.penalty_scale)


@dataclass(frozen=True)
class GrowthConfig:
    """Progressive growing (Karras et al. 2018); disabled, the last stage's settings train at full size throughout."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_EXTRA

    enabled: bool = True
    stages: tuple[StageConfig, ...] = (
        StageConfig(8, 0, 15_000),
        StageConfig(16, 10_000, 30_000),
        StageConfig(32, 10_000, 40_000),
        StageConfig(64, 15_000, 60_000),
    )
    full_size_images: int = 100_000

    def __post_init__(self) -> None:
        require(len(self.stages) > 0, "growth.stages", "at least one stage", self.stages)
        require(self.full_size_images >= 1, "growth.full_size_images", ">= 1", self.full_size_images)
        sizes = [stage.resolution_px for stage in self.stages]
        doubling = all(b == 2 * a for a, b in itertools.pairwise(sizes))
        require(doubling, "growth.stages", "resolutions that double, such as 8, 16, 32", sizes)
        require(self.stages[0].fade_images == 0, "growth.stages[0].fade_images", "0: nothing to fade from", sizes[0])


@dataclass(frozen=True)
class OptimConfig:
    """Adam without momentum, as in StyleGAN2, and the moving average that becomes the result."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_EXTRA

    beta2: float = 0.99
    epsilon: float = 1e-8
    generator_lr_scale: float = 1.0
    discriminator_lr_scale: float = 1.0
    ema_halflife_images: int = 10_000
    ema_rampup: float = 0.05
    micro_batch: int = 0

    def __post_init__(self) -> None:
        require(0 < self.beta2 < 1, "optim.beta2", "between 0 and 1", self.beta2)
        require(self.epsilon > 0, "optim.epsilon", "above 0", self.epsilon)
        require(self.generator_lr_scale > 0, "optim.generator_lr_scale", "above 0", self.generator_lr_scale)
        require(self.discriminator_lr_scale > 0, "optim.discriminator_lr_scale", "above 0", self.discriminator_lr_scale)
        require(self.ema_halflife_images > 0, "optim.ema_halflife_images", "above 0", self.ema_halflife_images)
        require(0 < self.ema_rampup <= 1, "optim.ema_rampup", "above 0 and at most 1", self.ema_rampup)
        require(self.micro_batch >= 0, "optim.micro_batch", ">= 0 (0: the whole batch at once)", self.micro_batch)


@dataclass(frozen=True)
class LossConfig:
    """Adversarial loss and its regularisers.

    `colour_gain` strengthens colours for the discriminator alone; `detail` weighs losses.detail_loss beside it, and
    `preview` losses.preview_loss where pictures are larger than what sub-models look at.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_EXTRA

    kind: Literal["non_saturating", "relativistic"] = "non_saturating"
    r1_gamma: float = 1.0
    r2_gamma: float = 0.0
    d_reg_interval: int = 16
    path_length_weight: float = 0.0
    g_reg_interval: int = 4
    style_mixing: float = 0.5
    colour_gain: float = 1.0
    detail: float = 0.0
    preview: float = 0.0

    def __post_init__(self) -> None:
        kinds = ("non_saturating", "relativistic")
        require(self.kind in kinds, "loss.kind", f"one of {kinds}", self.kind)
        require(self.r1_gamma >= 0, "loss.r1_gamma", ">= 0", self.r1_gamma)
        require(self.r2_gamma >= 0, "loss.r2_gamma", ">= 0", self.r2_gamma)
        require(self.d_reg_interval >= 1, "loss.d_reg_interval", ">= 1", self.d_reg_interval)
        require(self.path_length_weight >= 0, "loss.path_length_weight", ">= 0", self.path_length_weight)
        require(self.g_reg_interval >= 1, "loss.g_reg_interval", ">= 1", self.g_reg_interval)
        require(0 <= self.style_mixing <= 1, "loss.style_mixing", "from 0 to 1", self.style_mixing)
        require(1 <= self.colour_gain <= 10, "loss.colour_gain", "from 1 to 10", self.colour_gain)
        require(0 <= self.detail <= 1000, "loss.detail", "from 0 to 1000", self.detail)
        require(0 <= self.preview <= 1000, "loss.preview", "from 0 to 1000", self.preview)


@dataclass(frozen=True)
class TagConfig:
    """How tags take part in training: weights beside the adversarial loss, 0 leaves a loss out."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_EXTRA

    consistency: float = 4.0
    counterfactual: float = 3.0
    counterfactual_share: float = 0.25
    sides: float = 0.0
    quantiles: float = 0.0
    hide: float = 0.03
    from_px: int = 16
    left_out: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("consistency", "counterfactual", "sides", "quantiles"):
            require(0 <= getattr(self, name) <= 1000, f"tags.{name}", "from 0 to 1000", getattr(self, name))
        share = self.counterfactual_share
        require(0 < share <= 1, "tags.counterfactual_share", "above 0 and at most 1", share)
        require(0 <= self.hide < 1, "tags.hide", "from 0 to below 1", self.hide)
        require(self.from_px >= 4, "tags.from_px", ">= 4", self.from_px)


@dataclass(frozen=True)
class AugmentConfig:
    """Differentiable augmentation of what the discriminator sees; hue is off because colours are attributes."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_EXTRA

    mode: Literal["none", "fixed", "ada"] = "none"
    probability: float = 0.0
    target: float = 0.6
    adjust_images: int = 100_000
    flip: bool = False
    translate: float = 0.125
    scale: float = 0.2
    rotate: float = 0.05
    brightness: float = 0.2
    contrast: float = 0.5
    saturation: float = 0.5
    hue: float = 0.0
    cutout: float = 0.0

    def __post_init__(self) -> None:
        modes = ("none", "fixed", "ada")
        require(self.mode in modes, "augment.mode", f"one of {modes}", self.mode)
        require(0 <= self.probability <= 1, "augment.probability", "from 0 to 1", self.probability)
        require(0 < self.target < 1, "augment.target", "between 0 and 1", self.target)
        require(self.adjust_images > 0, "augment.adjust_images", "above 0", self.adjust_images)
        for name in ("translate", "scale", "rotate", "brightness", "contrast", "saturation", "hue", "cutout"):
            require(0 <= getattr(self, name) <= 1, f"augment.{name}", "from 0 to 1", getattr(self, name))


@dataclass(frozen=True)
class GuardConfig:
    """What is watched while training, and when it is stopped (see guard.py, alarms.py)."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_EXTRA

    bad_steps: int = 8
    rollbacks: int = 4
    alarm_pictures: int = 256

    def __post_init__(self) -> None:
        require(self.bad_steps >= 1, "guard.bad_steps", ">= 1", self.bad_steps)
        require(self.rollbacks >= 0, "guard.rollbacks", ">= 0", self.rollbacks)
        require(self.alarm_pictures >= 16, "guard.alarm_pictures", ">= 16", self.alarm_pictures)


@dataclass(frozen=True)
class RunConfig:
    """How a run is carried out; nothing here changes the mathematics, so none of it starts a new run."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_EXTRA

    device: Literal["auto", "cpu", "cuda"] = "auto"
    workers: int | Literal["auto"] = "auto"
    engine: Engine = "processes"
    threads: int = 0
    compile: bool = False
    tick_images: int = 1_000
    checkpoint_images: int = 10_000
    grid_images: int = 10_000
    keep_checkpoints: int = 3
    accept_changed_data: bool = False

    def __post_init__(self) -> None:
        devices = ("auto", "cpu", "cuda")
        require(self.device in devices, "run.device", f"one of {devices}", self.device)
        workers = self.workers == "auto" or (isinstance(self.workers, int) and 1 <= self.workers <= 1024)
        require(workers, "run.workers", "auto, or a number of processes from 1", self.workers)
        engines = get_args(Engine)
        require(self.engine in engines, "run.engine", f"one of {engines}", self.engine)
        require(self.threads >= 0, "run.threads", ">= 0 (0: see anime_gen/threads.py)", self.threads)
        for name in ("tick_images", "checkpoint_images", "grid_images", "keep_checkpoints"):
            require(getattr(self, name) >= 1, f"run.{name}", ">= 1", getattr(self, name))


@dataclass(frozen=True)
class TrainingConfig:
    """All of train.yml; `start_from` names a folder of finished weights (see start.py), empty for fresh ones."""

    __pydantic_config__: ClassVar[dict[str, str]] = FORBID_EXTRA

    seed: int = 0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    condition: Literal["tags", "none"] = "none"
    start_from: str = ""
    network: NetworkConfig = field(default_factory=NetworkConfig)
    growth: GrowthConfig = field(default_factory=GrowthConfig)
    optim: OptimConfig = field(default_factory=OptimConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    tags: TagConfig = field(default_factory=TagConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    guard: GuardConfig = field(default_factory=GuardConfig)
    run: RunConfig = field(default_factory=RunConfig)

    def __post_init__(self) -> None:
        precisions = ("auto", "float32", "bfloat16")
        require(self.precision in precisions, "precision", f"one of {precisions}", self.precision)
        conditions = ("tags", "none")
        require(self.condition in conditions, "condition", f"one of {conditions}", self.condition)
        last = self.growth.stages[-1].resolution_px
        require(last == self.network.resolution, "growth.stages[-1].resolution_px", "network.resolution", last)

    def fingerprint(self, tags: str = "") -> str:
        """Twelve hex digits of all that the path of training depends on; `tags` is the fingerprint of a `TagSet`.

        How the run is carried out and how long its last stage lasts are left out: a run can be moved to more threads or
        continued for longer.
        """
        tree = self.to_json() | {"tag_set": tags}
        del tree["run"]
        if not self.start_from:
            del tree["start_from"]
        if self.growth.enabled:
            del tree["growth"]["stages"][-1]["stable_images"]
            del tree["growth"]["full_size_images"]
        else:
            last = tree["growth"]["stages"][-1]
            kept = ("batch", "learning_rate", "penalty_scale")
            tree["growth"] = {"enabled": False} | {name: last[name] for name in kept}
        return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()[:12]

    def parts(self) -> int:
        """Parts that every batch is computed in at least: no more workers than these find work."""
        size = self.optim.micro_batch
        return min(-(-stage.batch // size) if size else 1 for stage in self.growth.stages)

    def pass_cost(self) -> int:
        """Multiply-adds of one pass of the generator at full size."""
        stage = self.growth.stages[-1]
        return (self.optim.micro_batch or stage.batch) * self.network.image_cost(stage.resolution_px)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for files and trackers."""
        return asdict(replace(self))
