"""All that a training run carries from one step to the next."""

from dataclasses import dataclass, field

import torch
from torch import nn

from anime_gen.stylegan2.networks.discriminator import Discriminator
from anime_gen.stylegan2.networks.generator import Generator
from anime_gen.stylegan2.streams import seeded_weights, stream_key
from anime_gen.stylegan2.training.optimizer import FlatAdam, flatten
from anime_gen.stylegan2.training.tag_set import TagSet
from anime_gen.stylegan2.training.training_config import TrainingConfig


@dataclass
class TrainingState:
    """Networks, optimisers, running values and the clock; nothing else influences the next step."""

    generator: Generator
    discriminator: Discriminator
    average: Generator
    average_values: torch.Tensor
    generator_adam: FlatAdam
    discriminator_adam: FlatAdam
    running: dict[str, torch.Tensor]  # ADA's p and sign statistics, path length mean
    images: int = 0
    step: int = 0
    seconds: float = 0.0
    lr_scale: float = 1.0
    rollbacks: int = 0
    history: list[dict[str, float]] = field(default_factory=list)  # what the alarms remember, one entry a check

    def tensors(self) -> dict[str, torch.Tensor]:
        """Every tensor to save, by name."""
        named = {f"running.{name}": value for name, value in self.running.items()}
        named["average.values"] = self.average_values
        for prefix, adam in (("generator", self.generator_adam), ("discriminator", self.discriminator_adam)):
            named |= {f"{prefix}.{name}": value for name, value in adam.state().items()}
        for prefix, module in (("generator", self.generator), ("average", self.average)):
            named |= {f"{prefix}.buffer.{name}": value for name, value in module.named_buffers()}
        return named

    def counters(self) -> dict[str, object]:
        """Every plain value to save."""
        names = ("images", "step", "seconds", "lr_scale", "rollbacks", "history")
        return {name: getattr(self, name) for name in names}

    @torch.no_grad()
    def restore(self, tensors: dict[str, torch.Tensor], counters: dict[str, object]) -> None:
        """Take over saved tensors and values in place."""
        for name, tensor in self.tensors().items():
            tensor.copy_(tensors[name])
        for name, value in counters.items():
            setattr(self, name, value)

    def take_bad_steps(self) -> int:
        """Steps skipped because of NaN or infinity since the last call (asks the device)."""
        count = self.generator_adam.bad_steps + self.discriminator_adam.bad_steps
        taken = int(count.item())
        self.generator_adam.bad_steps.zero_()
        self.discriminator_adam.bad_steps.zero_()
        return taken

    def is_finite(self) -> bool:
        """Whether every tensor is free of NaN and infinity (asks the device)."""
        return all(bool(tensor.isfinite().all()) for tensor in self.tensors().values())


def new_state(config: TrainingConfig, device: torch.device, tags: TagSet | None = None) -> TrainingState:
    """Fresh networks, a pure function of the configuration, its seed, and the tags that a condition names."""
    with seeded_weights(stream_key(config.seed, "weights", 0)):
        generator = Generator(config.network)
        discriminator = Discriminator(config.network)
    if generator.mapping.tags is not None and tags is not None:
        generator.mapping.tags.set_table(tags.values, tags.crossed(config.network.condition_rows, config.seed))
    average = Generator(config.network)
    average.load_state_dict(generator.state_dict())
    modules: list[nn.Module] = [generator, discriminator, average]
    for module in modules:
        module.to(device)
    average_values = flatten(average.eval().requires_grad_(False))
    optim = config.optim
    zero = {name: torch.zeros((), device=device) for name in ("sign_sum", "sign_count", "path_length_mean")}
    running = {"augment_p": torch.full((), float(config.augment.probability), device=device), **zero}
    return TrainingState(
        generator=generator,
        discriminator=discriminator,
        average=average,
        average_values=average_values,
        generator_adam=FlatAdam(generator, optim.beta2, optim.epsilon),
        discriminator_adam=FlatAdam(discriminator, optim.beta2, optim.epsilon),
        running=running,
    )
