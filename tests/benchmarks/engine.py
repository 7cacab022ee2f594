"""The engine as a peer benchmark drives it: generator with edits, training phase by phase."""

from collections.abc import Callable

import torch

from anime_gen.stylegan2 import Generator, NetworkConfig
from anime_gen.stylegan2.inference.allocator import keep_freed_memory
from anime_gen.stylegan2.inference.runtime import EditSession, Runtime, open_runtime
from anime_gen.stylegan2.training.growth import Stage
from anime_gen.stylegan2.training.inputs import Inputs
from anime_gen.stylegan2.training.state import new_state
from anime_gen.stylegan2.training.step import Step
from anime_gen.stylegan2.training.training_config import (
    AugmentConfig,
    GrowthConfig,
    LossConfig,
    RunConfig,
    StageConfig,
    TrainingConfig,
)

keep_freed_memory()

Phase = Callable[[], None]


class CpuGenerator:
    """What the page runs."""

    def __init__(self, generator: Generator) -> None:
        self.modules = [generator]
        self.runtime: Runtime = open_runtime(generator)

    def map(self, z: torch.Tensor) -> torch.Tensor:
        return self.runtime.map(z)

    def synth(self, ws: torch.Tensor) -> torch.Tensor:
        self.runtime.forget()  # a picture from nothing: the benchmark draws the same one again and again
        return self.runtime.synthesise(ws)

    def edit_session(self, ws: torch.Tensor) -> EditSession:
        return self.runtime.edit_session(ws)


class DeviceGenerator:
    """The networks themselves, on another device; no edit sessions."""

    def __init__(self, generator: Generator, dtype: torch.dtype) -> None:
        self.modules = [generator]
        self.generator, self.dtype = generator, dtype

    def map(self, z: torch.Tensor) -> torch.Tensor:
        return self.generator.mapping(z)

    def synth(self, ws: torch.Tensor) -> torch.Tensor:
        return self.generator.synthesis(ws, dtype=self.dtype)


class NoisePictures:
    """Real pictures of uniform noise, in the place of `Reals`."""

    def __init__(self, resolution: int, device: torch.device) -> None:
        self.resolution, self.device = resolution, device

    def batch(self, images: int, count: int) -> torch.Tensor:
        return torch.rand(count, 3, self.resolution, self.resolution, device=self.device) * 2 - 1


def build_generator(
    resolution: int,
    channel_base: int,
    channel_max: int,
    z_dim: int = 512,
    w_dim: int = 512,
    mapping_layers: int = 8,
    device: str = "cpu",
    dtype: str = "float32",
) -> CpuGenerator | DeviceGenerator:
    """A generator with random weights whose noise and biases have an effect, in evaluation mode."""
    config = NetworkConfig(resolution, channel_base, channel_max, z_dim, w_dim, mapping_layers)
    generator = Generator(config).eval().requires_grad_(False)
    for name, parameter in generator.named_parameters():
        if name.endswith("noise_strength"):
            parameter.fill_(0.1)
    if device == "cpu":
        return CpuGenerator(generator)
    return DeviceGenerator(generator.to(device), getattr(torch, dtype))


def build_trainer(
    resolution: int,
    channel_base: int,
    channel_max: int,
    batch: int,
    z_dim: int = 512,
    w_dim: int = 512,
    mapping_layers: int = 8,
    device: str = "cpu",
    dtype: str = "float32",
    g_reg_interval: int = 4,
    d_reg_interval: int = 16,
) -> dict[str, tuple[Phase, int]]:
    """The trainer's own phases with the standard step's mathematics: alternating players, lazy R1, lazy path length."""
    config = TrainingConfig(
        network=NetworkConfig(resolution, channel_base, channel_max, z_dim, w_dim, mapping_layers),
        growth=GrowthConfig(enabled=False, stages=(StageConfig(resolution, batch=batch),)),
        loss=LossConfig(
            r1_gamma=1.0,
            path_length_weight=2.0,
            style_mixing=0.9,
            d_reg_interval=d_reg_interval,
            g_reg_interval=g_reg_interval,
        ),
        augment=AugmentConfig(mode="none"),
        run=RunConfig(device="cpu" if device == "cpu" else "cuda"),
    )
    place = torch.device(device)
    state = new_state(config, place)
    step = Step(Inputs(config, state, place, getattr(torch, dtype)))
    stage = Stage(0, resolution, 0, 0, 10**12, batch, 0.0025)
    reals = NoisePictures(resolution, place)

    def average() -> None:
        step.average_phase(stage)
        state.images += batch

    return {
        "G": (lambda: step.generator_phase(stage, reals, 1.0), 1),
        "Greg": (lambda: step.path_length_phase(stage, 1.0), g_reg_interval),
        "D": (lambda: step.discriminator_phase(stage, reals, 1.0), 1),
        "Dreg": (lambda: step.penalty_phase(stage, reals, 1.0), d_reg_interval),
        "ema": (average, 1),
    }
