"""What a step works on: latents, tags, generated and real pictures, each a pure function of purpose and images seen."""

import torch

from anime_gen.distributed import ALONE, Group
from anime_gen.stylegan2.networks.config import num_ws
from anime_gen.stylegan2.streams import stream
from anime_gen.stylegan2.training.augmentation import augment, strengthen_colours
from anime_gen.stylegan2.training.growth import Stage
from anime_gen.stylegan2.training.reals import Reals, fade_reals
from anime_gen.stylegan2.training.state import TrainingState
from anime_gen.stylegan2.training.tag_set import TagSet
from anime_gen.stylegan2.training.tag_supervision import TagSupervision
from anime_gen.stylegan2.training.training_config import TrainingConfig

Tags = torch.Tensor | None


class Inputs:
    """Batches in parts; every random number comes from a stream keyed by its purpose and the images seen."""

    def __init__(
        self,
        config: TrainingConfig,
        state: TrainingState,
        device: torch.device,
        dtype: torch.dtype,
        tags: TagSet | None = None,
        group: Group = ALONE,
    ) -> None:
        self.config, self.state, self.device, self.dtype, self.group = config, state, device, dtype, group
        self.supervision = TagSupervision(tags, config.tags, device, dtype) if tags else None
        self.conditional = state.generator.mapping.tags is not None
        self.w_sum = torch.zeros_like(state.generator.mapping.w_avg)

    def parts(self, stage: Stage) -> list[tuple[int, int]]:
        """(number, size) of this worker's share of the parts that a batch is computed in."""
        size = self.config.optim.micro_batch or stage.batch
        starts = range(0, stage.batch, size)[self.group.rank :: self.group.size]
        return [(start // size, min(size, stage.batch - start)) for start in starts]

    def stream(self, purpose: str, part: int = 0) -> torch.Generator:
        """The random stream of a purpose for this batch."""
        key = f"{purpose}/{part}/{self.state.rollbacks}"
        return stream(self.config.seed, key, self.state.images, self.device)

    def latents(
        self, purpose: str, part: int, count: int, resolution: int, tags: Tags = None, track: bool = False
    ) -> torch.Tensor:
        """Vectors [count, num_ws, w_dim]; with mixing, some pictures take their upper layers from a second latent.

        Both latents share the picture's tags.
        """
        network, random = self.config.network, self.stream(f"z-{purpose}", part)
        mixing = self.config.loss.style_mixing > 0
        z = torch.randn(count * (2 if mixing else 1), network.z_dim, generator=random, device=self.device)
        w = self.state.generator.mapping.to_w(z)
        if track:
            self.w_sum += w.detach()[:count].sum(dim=0)
        layers = network.num_ws
        if not mixing:
            return self.state.generator.mapping.add_tags(w.unsqueeze(1).expand(-1, layers, -1), tags)
        border = torch.randint(1, num_ws(resolution) + 1, (count, 1), generator=random, device=self.device)
        mixed = torch.rand(count, 1, generator=random, device=self.device) < self.config.loss.style_mixing
        second = (torch.arange(layers, device=self.device) >= border) & mixed
        ws = torch.where(second.unsqueeze(2), w[count:].unsqueeze(1), w[:count].unsqueeze(1))
        return self.state.generator.mapping.add_tags(ws, tags)

    def generate(self, purpose: str, part: int, count: int, stage: Stage, alpha: float, tags: Tags) -> torch.Tensor:
        """Generated pictures [count, 3, r, r]; each purpose draws its own latents and noise."""
        return self.pyramid(purpose, part, count, stage, alpha, tags)[-1]

    def pyramid(
        self, purpose: str, part: int, count: int, stage: Stage, alpha: float, tags: Tags, track: bool = False
    ) -> list[torch.Tensor]:
        """The same pictures at the end of all those that they are built on; `track` counts their w in the average."""
        ws = self.latents(purpose, part, count, stage.resolution, tags, track)
        random = self.stream(f"noise-{purpose}", part)
        synthesis = self.state.generator.synthesis
        pictures: list[torch.Tensor] = synthesis.pyramid(ws, "random", random, stage.resolution, alpha, self.dtype)
        return pictures

    def real_pictures(self, stage: Stage, reals: Reals, part: int, count: int, alpha: float) -> torch.Tensor:
        """The real pictures of one part of the batch, faded as the stage is."""
        return fade_reals(reals.batch(self.clock(stage, part), count), alpha)

    def given_tags(self, stage: Stage, reals: Reals, part: int, count: int) -> Tags:
        """The tags of these real pictures as both players are given them, some hidden; None without a condition.

        The same in every phase of a step.
        """
        if not self.conditional or self.supervision is None:
            return None
        return self.supervision.hide(reals.tags(self.clock(stage, part), count), self.stream("hide", part))

    def encoded(self, tags: Tags) -> Tags:
        """Tags as the discriminator takes them."""
        network = self.state.generator.mapping.tags
        return None if network is None or tags is None else network.encode(tags)

    def take_w_mean(self, batch: int) -> torch.Tensor:
        """Mean w of the batch just tracked, over all workers."""
        self.group.sum(self.w_sum)
        mean = self.w_sum / batch
        self.w_sum.zero_()
        return mean

    def clock(self, stage: Stage, part: int) -> int:
        """Images seen before this part of the batch."""
        return self.state.images + part * (self.config.optim.micro_batch or stage.batch)

    def seen(self, images: torch.Tensor, purpose: str, part: int) -> torch.Tensor:
        """Pictures as the discriminator sees them: augmented, their colours strengthened."""
        if self.config.augment.mode != "none":
            random = self.stream(f"augment-{purpose}", part)
            images = augment(images, self.state.running["augment_p"], self.config.augment, random)
        return strengthen_colours(images, self.config.loss.colour_gain)
