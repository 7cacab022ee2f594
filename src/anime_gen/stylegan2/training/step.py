"""One optimisation step of both players, phase by phase."""

import torch

from anime_gen.stylegan2.networks.config import num_ws
from anime_gen.stylegan2.streams import stream
from anime_gen.stylegan2.training import losses
from anime_gen.stylegan2.training.augmentation import adjust_probability, augment
from anime_gen.stylegan2.training.ema import ema_beta, update_ema
from anime_gen.stylegan2.training.growth import Stage
from anime_gen.stylegan2.training.optimizer import FlatAdam
from anime_gen.stylegan2.training.reals import Reals, fade_reals
from anime_gen.stylegan2.training.state import TrainingState
from anime_gen.stylegan2.training.training_config import TrainingConfig

ADA_INTERVAL = 4  # steps between two adjustments of p


class Step:
    """The phases of StyleGAN2's training: D, lazy R1, G, lazy path length, moving average.

    Every random number comes from a stream keyed by its purpose and the images seen; `statistics` gathers sums on the
    device.
    """

    def __init__(self, config: TrainingConfig, state: TrainingState, device: torch.device, dtype: torch.dtype) -> None:
        self.config = config
        self.state = state
        self.device = device
        self.dtype = dtype
        # One compiled form per resolution; the penalties need a second derivative, which compiled graphs do not have.
        self.compiled = (
            torch.compile(state.discriminator, dynamic=False) if config.run.compile and device.type == "cuda" else None
        )
        self.statistics: dict[str, tuple[torch.Tensor, int]] = {}

    def run(self, stage: Stage, reals: Reals) -> None:
        """Train on the next batch of the stage and move the clock."""
        config, state = self.config, self.state
        alpha = stage.alpha(state.images)
        self.discriminator_phase(stage, reals, alpha)
        if (config.loss.r1_gamma > 0 or config.loss.r2_gamma > 0) and state.step % config.loss.d_reg_interval == 0:
            self.penalty_phase(stage, reals, alpha)
        self.generator_phase(stage, reals, alpha)
        if config.loss.path_length_weight > 0 and state.step % config.loss.g_reg_interval == 0:
            self.path_length_phase(stage, alpha)
        if config.augment.mode == "ada" and state.step % ADA_INTERVAL == ADA_INTERVAL - 1:
            self.adjust_augmentation(stage)
        self.average_phase(stage)
        state.images += stage.batch
        state.step += 1

    def discriminator_phase(self, stage: Stage, reals: Reals, alpha: float) -> None:
        """Teach the discriminator to tell real from generated pictures."""
        self.state.discriminator_adam.zero_grad()
        for part, count in self.parts(stage):
            with torch.no_grad():
                fake = self.generate("d", part, count, stage, alpha)
            fake_logits = self.score(fake, "d-fake", part, alpha)
            real_logits = self.score(self.real_pictures(stage, reals, part, count, alpha), "d-real", part, alpha)
            loss = losses.discriminator_loss(self.config.loss.kind, real_logits, fake_logits)
            (loss * (count / stage.batch)).backward()
            self.watch_logits(loss, real_logits, fake_logits)
        self.finish_discriminator(stage)

    def penalty_phase(self, stage: Stage, reals: Reals, alpha: float) -> None:
        """Lazy R1 (and R2): penalise the discriminator's gradient, in float32, times the interval it is skipped for."""
        loss_config = self.config.loss
        scale = loss_config.d_reg_interval / 2
        self.state.discriminator_adam.zero_grad()
        for part, count in self.parts(stage):
            for name, gamma in (("r1", loss_config.r1_gamma), ("r2", loss_config.r2_gamma)):
                if gamma == 0:
                    continue
                if name == "r1":
                    images = self.real_pictures(stage, reals, part, count, alpha)
                else:
                    with torch.no_grad():
                        images = self.generate("r2", part, count, stage, alpha)
                images = self.augmented(images, name, part).detach().requires_grad_()
                penalty = losses.gradient_penalty(self.state.discriminator(images, alpha), images).mean()
                (penalty * (gamma * scale * count / stage.batch)).backward()
                self.record(f"{name}_penalty", penalty)
        self.finish_discriminator(stage)

    def generator_phase(self, stage: Stage, reals: Reals, alpha: float) -> None:
        """Teach the generator to be taken for real."""
        relativistic = self.config.loss.kind == "relativistic"
        self.state.generator_adam.zero_grad()
        self.state.discriminator.requires_grad_(False)
        for part, count in self.parts(stage):
            fake_logits = self.score(self.generate("g", part, count, stage, alpha, track=True), "g", part, alpha)
            real_logits = None
            if relativistic:
                with torch.no_grad():
                    real = self.real_pictures(stage, reals, part, count, alpha)
                    real_logits = self.score(real, "g-real", part, alpha)
            loss = losses.generator_loss(self.config.loss.kind, real_logits, fake_logits)
            (loss * (count / stage.batch)).backward()
            self.record("loss/g", loss)
        self.state.discriminator.requires_grad_(True)
        self.finish_generator(stage)

    def path_length_phase(self, stage: Stage, alpha: float) -> None:
        """Lazy path length regularisation on half of the batch, in float32 (StyleGAN2, section 3.2)."""
        config = self.config.loss
        count = max(1, stage.batch // 2)
        self.state.generator_adam.zero_grad()
        random = self.stream("path-length")
        ws = self.latents("path-length", 0, count, stage.resolution)
        images = self.state.generator.synthesis(ws, "random", random, stage.resolution, alpha)
        noise = torch.randn(images.shape, generator=random, device=self.device)
        lengths = losses.path_lengths(images, ws, noise)
        penalty, mean = losses.path_length_penalty(lengths, self.state.running["path_length_mean"])
        (penalty * (config.path_length_weight * config.g_reg_interval)).backward()
        self.state.running["path_length_mean"].copy_(mean)
        self.record("path_length", lengths)
        self.finish_generator(stage)

    def average_phase(self, stage: Stage) -> None:
        """Move the averaged generator towards the current one."""
        optim, state = self.config.optim, self.state
        beta = ema_beta(state.images + stage.batch, stage.batch, optim.ema_halflife_images, optim.ema_rampup)
        update_ema(state.average_values, state.generator_adam.values, beta)
        state.average.mapping.w_avg.copy_(state.generator.mapping.w_avg)

    def take_statistics(self) -> dict[str, float]:
        """Means since the last call (asks the device once)."""
        if not self.statistics:
            return {}
        names = list(self.statistics)
        sums = torch.stack([self.statistics[name][0] for name in names]).tolist()
        means = {name: value / self.statistics[name][1] for name, value in zip(names, sums, strict=True)}
        self.statistics = {}
        return means

    def finish_discriminator(self, stage: Stage) -> None:
        """Let the discriminator take its step."""
        loss, optim = self.config.loss, self.config.optim
        lazy = loss.r1_gamma > 0 or loss.r2_gamma > 0
        rate = stage.learning_rate * optim.discriminator_lr_scale
        self._finish(self.state.discriminator_adam, rate, loss.d_reg_interval if lazy else 0)

    def finish_generator(self, stage: Stage) -> None:
        """Let the generator take its step."""
        loss, optim = self.config.loss, self.config.optim
        rate = stage.learning_rate * optim.generator_lr_scale
        self._finish(self.state.generator_adam, rate, loss.g_reg_interval if loss.path_length_weight > 0 else 0)

    def _finish(self, adam: FlatAdam, learning_rate: float, interval: int) -> None:
        # StyleGAN2, appendix B: lazy regularisation adds a step every `interval`; rate and decay are corrected for it.
        correction = interval / (interval + 1) if interval else 1.0
        adam.step(learning_rate * correction * self.state.lr_scale, self.config.optim.beta2**correction)

    def parts(self, stage: Stage) -> list[tuple[int, int]]:
        """(number, size) of the parts a batch is computed in."""
        size = self.config.optim.micro_batch or stage.batch
        return [(start // size, min(size, stage.batch - start)) for start in range(0, stage.batch, size)]

    def stream(self, purpose: str, part: int = 0) -> torch.Generator:
        """The random stream of a purpose for this batch."""
        key = f"{purpose}/{part}/{self.state.rollbacks}"
        return stream(self.config.seed, key, self.state.images, self.device)

    def latents(self, purpose: str, part: int, count: int, resolution: int, track: bool = False) -> torch.Tensor:
        """Vectors [count, num_ws, w_dim]; with mixing, some pictures take their upper layers from a second latent."""
        network, random = self.config.network, self.stream(f"z-{purpose}", part)
        mixing = self.config.loss.style_mixing > 0
        z = torch.randn(count * (2 if mixing else 1), network.z_dim, generator=random, device=self.device)
        w = self.state.generator.mapping.to_w(z)
        if track:
            self.state.generator.mapping.track_average(w)
        layers = network.num_ws
        if not mixing:
            return w.unsqueeze(1).expand(-1, layers, -1)
        border = torch.randint(1, num_ws(resolution) + 1, (count, 1), generator=random, device=self.device)
        mixed = torch.rand(count, 1, generator=random, device=self.device) < self.config.loss.style_mixing
        second = (torch.arange(layers, device=self.device) >= border) & mixed
        return torch.where(second.unsqueeze(2), w[count:].unsqueeze(1), w[:count].unsqueeze(1))

    def generate(
        self, purpose: str, part: int, count: int, stage: Stage, alpha: float, track: bool = False
    ) -> torch.Tensor:
        """Generated pictures [count, 3, r, r]; each purpose draws its own latents and noise."""
        ws = self.latents(purpose, part, count, stage.resolution, track)
        random = self.stream(f"noise-{purpose}", part)
        return self.state.generator.synthesis(ws, "random", random, stage.resolution, alpha, self.dtype)

    def real_pictures(self, stage: Stage, reals: Reals, part: int, count: int, alpha: float) -> torch.Tensor:
        """The real pictures of one part of the batch, faded as the stage is."""
        offset = part * (self.config.optim.micro_batch or stage.batch)
        return fade_reals(reals.batch(self.state.images + offset, count), alpha)

    def augmented(self, images: torch.Tensor, purpose: str, part: int) -> torch.Tensor:
        """Pictures as the discriminator sees them."""
        if self.config.augment.mode == "none":
            return images
        random = self.stream(f"augment-{purpose}", part)
        return augment(images, self.state.running["augment_p"], self.config.augment, random)

    def score(self, images: torch.Tensor, purpose: str, part: int, alpha: float) -> torch.Tensor:
        """Logits [n] of pictures, augmented first."""
        # While a block fades in, alpha is another constant at every step: compiling would start anew each time.
        network = self.compiled if self.compiled is not None and alpha >= 1.0 else self.state.discriminator
        return network(self.augmented(images, purpose, part), alpha, self.dtype)

    def watch_logits(self, loss: torch.Tensor, real_logits: torch.Tensor, fake_logits: torch.Tensor) -> None:
        """Record what the discriminator said, and count its signs for ADA."""
        signs = real_logits.detach().sign()
        if self.config.augment.mode == "ada":
            self.state.running["sign_sum"] += signs.sum()
            self.state.running["sign_count"] += float(len(signs))
        self.record("loss/d", loss)
        self.record("logit/real", real_logits)
        self.record("logit/fake", fake_logits)
        self.record("real_sign", signs)

    def adjust_augmentation(self, stage: Stage) -> None:
        """Move ADA's probability."""
        running, augmentation = self.state.running, self.config.augment
        mean = running["sign_sum"] / running["sign_count"]
        shown = stage.batch * ADA_INTERVAL
        p = adjust_probability(running["augment_p"], mean, shown, augmentation.target, augmentation.adjust_images)
        running["augment_p"].copy_(p)
        running["sign_sum"].zero_()
        running["sign_count"].zero_()

    def record(self, name: str, values: torch.Tensor) -> None:
        """Add a mean to the statistics, on the device."""
        total, count = self.statistics.get(name, (torch.zeros((), device=self.device), 0))
        self.statistics[name] = (total + values.detach().mean(), count + 1)
