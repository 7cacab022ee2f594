"""One optimisation step of both players, phase by phase."""

import math

import torch

from anime_gen.stylegan2.training import losses
from anime_gen.stylegan2.training.augmentation import adjust_probability
from anime_gen.stylegan2.training.ema import ema_beta, update_ema
from anime_gen.stylegan2.training.growth import Stage
from anime_gen.stylegan2.training.inputs import Inputs, Tags
from anime_gen.stylegan2.training.optimizer import FlatAdam
from anime_gen.stylegan2.training.reals import Reals
from anime_gen.stylegan2.training.tag_set import READ_PX
from anime_gen.stylegan2.training.tag_supervision import TagSupervision

ADA_INTERVAL = 4  # steps between two adjustments of p


class Step:
    """The phases of StyleGAN2's training on its inputs: D, lazy R1, G, lazy path length, moving average.

    With a `TagSet` in them its sub-models teach too (see tag_supervision.py), and with `condition: tags` both players
    are given the tags of the real pictures: a generated picture takes those of the real one it is paired with, so that
    in a difference of logits the tags alone say nothing. `statistics` gathers sums on the device.
    """

    def __init__(self, inputs: Inputs) -> None:
        self.inputs, self.config, self.state = inputs, inputs.config, inputs.state
        # One compiled form per resolution; the penalties need a second derivative, which compiled graphs do not have.
        self.compiled = (
            torch.compile(self.state.discriminator, dynamic=False)
            if self.config.run.compile and inputs.device.type == "cuda"
            else None
        )
        read_px = inputs.supervision.read_px if inputs.supervision else READ_PX
        self.preview_px = inputs.config.network.resolution_for(read_px)
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
            self.path_length_phase(stage, reals, alpha)
        if config.augment.mode == "ada" and state.step % ADA_INTERVAL == ADA_INTERVAL - 1:
            self.adjust_augmentation(stage)
        self.average_phase(stage)
        state.images += stage.batch
        state.step += 1

    def discriminator_phase(self, stage: Stage, reals: Reals, alpha: float) -> None:
        """Teach the discriminator to tell real from generated pictures."""
        self.state.discriminator_adam.zero_grad()
        for part, count in self.inputs.parts(stage):
            tags = self.inputs.given_tags(stage, reals, part, count)
            with torch.no_grad():
                fake = self.inputs.generate("d", part, count, stage, alpha, tags)
            fake_logits = self.score(fake, "d-fake", part, alpha, tags)
            real = self.inputs.real_pictures(stage, reals, part, count, alpha)
            real_logits = self.score(real, "d-real", part, alpha, tags)
            loss = losses.discriminator_loss(self.config.loss.kind, real_logits, fake_logits)
            (loss * (count / stage.batch)).backward()
            self.state.discriminator_adam.add_part()
            self.watch_logits(loss, real_logits, fake_logits)
        self.finish_discriminator(stage)

    def penalty_phase(self, stage: Stage, reals: Reals, alpha: float) -> None:
        """Lazy R1 (and R2): penalise the discriminator's gradient, in float32, times the interval it is skipped for."""
        loss_config = self.config.loss
        scale = loss_config.d_reg_interval / 2 * stage.penalty_scale
        self.state.discriminator_adam.zero_grad()
        for part, count in self.inputs.parts(stage):
            tags = self.inputs.given_tags(stage, reals, part, count)
            for name, gamma in (("r1", loss_config.r1_gamma), ("r2", loss_config.r2_gamma)):
                if gamma == 0:
                    continue
                if name == "r1":
                    images = self.inputs.real_pictures(stage, reals, part, count, alpha)
                else:
                    with torch.no_grad():
                        images = self.inputs.generate("r2", part, count, stage, alpha, tags)
                images = self.inputs.seen(images, name, part).detach().requires_grad_()
                logits = self.state.discriminator(images, alpha, condition=self.inputs.encoded(tags))
                penalty = losses.gradient_penalty(logits, images).mean()
                (penalty * (gamma * scale * count / stage.batch)).backward()
                self.record(f"{name}_penalty", penalty)
            self.state.discriminator_adam.add_part()
        self.finish_discriminator(stage)

    def generator_phase(self, stage: Stage, reals: Reals, alpha: float) -> None:
        """Teach the generator to be taken for real."""
        relativistic, supervision = self.config.loss.kind == "relativistic", self.inputs.supervision
        compared = relativistic or self.config.loss.detail > 0
        self.state.generator_adam.zero_grad()
        self.state.discriminator.requires_grad_(False)
        for part, count in self.inputs.parts(stage):
            tags = self.inputs.given_tags(stage, reals, part, count)
            pictures = self.inputs.pyramid("g", part, count, stage, alpha, tags, track=True)
            fake = pictures[-1]
            fake_logits = self.score(fake, "g", part, alpha, tags)
            real = self.inputs.real_pictures(stage, reals, part, count, alpha) if compared else None
            real_logits = None
            if relativistic and real is not None:
                with torch.no_grad():
                    real_logits = self.score(real, "g-real", part, alpha, tags)
            loss = losses.generator_loss(self.config.loss.kind, real_logits, fake_logits)
            self.record("loss/g", loss)
            if self.config.loss.detail > 0 and real is not None:
                detail = losses.detail_loss(fake, real)
                self.record("loss/detail", detail)
                loss = loss + self.config.loss.detail * detail
            if self.config.loss.preview > 0 and stage.resolution > self.preview_px:
                preview = losses.preview_loss(pictures, self.preview_px)
                self.record("loss/preview", preview)
                loss = loss + self.config.loss.preview * preview
            if supervision and stage.resolution >= self.config.tags.from_px:
                loss = loss + self.tag_loss(supervision, fake, tags, stage, reals, part)
            (loss * (count / stage.batch)).backward()
            if supervision and self.inputs.conditional and stage.resolution >= self.config.tags.from_px:
                self.counterfactual_part(supervision, stage, part, count, alpha, tags)
            self.state.generator_adam.add_part()
        self.state.discriminator.requires_grad_(True)
        self.state.generator.mapping.track_average(self.inputs.take_w_mean(stage.batch))
        self.finish_generator(stage)

    def tag_loss(
        self, supervision: TagSupervision, fake: torch.Tensor, tags: Tags, stage: Stage, reals: Reals, part: int
    ) -> torch.Tensor:
        """Consistency with the tags that were given, and quantile matching with those of the real pictures."""
        config, loss = self.config.tags, torch.zeros((), device=self.inputs.device)
        consistent = config.consistency > 0 and tags is not None
        if not consistent and config.quantiles == 0:
            return loss
        read = supervision.read(fake, self.inputs.stream("read-g", part))
        if consistent and tags is not None:
            consistency = supervision.consistency(read, tags)
            self.record("loss/consistency", consistency)
            loss = loss + config.consistency * consistency
            if config.sides > 0:
                sides = supervision.sides(fake, tags, self.inputs.stream("read-sides", part))
                self.record("loss/sides", sides)
                loss = loss + config.sides * sides
        if config.quantiles > 0:
            quantiles = supervision.quantiles(read, reals.tags(self.inputs.clock(stage, part), len(fake)))
            self.record("loss/quantiles", quantiles)
            loss = loss + config.quantiles * quantiles
        return loss

    def counterfactual_part(
        self, supervision: TagSupervision, stage: Stage, part: int, count: int, alpha: float, tags: Tags
    ) -> None:
        """A few pictures more, with some tags of other faces; the discriminator never sees them."""
        if self.config.tags.counterfactual == 0 or tags is None:
            return
        more = max(1, round(self.config.tags.counterfactual_share * count))
        asked = supervision.counterfactual(tags, more, self.inputs.stream("swap", part))
        size = min(stage.resolution, self.preview_px)  # sub-models look at no more
        ws = self.inputs.latents("counterfactual", part, len(asked), size, asked)
        random = self.inputs.stream("noise-counterfactual", part)
        fade = alpha if size == stage.resolution else 1.0
        fake = self.state.generator.synthesis(ws, "random", random, size, fade, self.inputs.dtype)
        loss = supervision.consistency(supervision.read(fake, self.inputs.stream("read-swap", part)), asked)
        (loss * (self.config.tags.counterfactual * count / stage.batch)).backward()
        self.record("loss/counterfactual", loss)

    def path_length_phase(self, stage: Stage, reals: Reals, alpha: float) -> None:
        """Lazy path length regularisation on half of the batch, in float32 (StyleGAN2, section 3.2).

        Worker 0 computes it alone: its running mean needs all of that half.
        """
        config, running = self.config.loss, self.state.running["path_length_mean"]
        self.state.generator_adam.zero_grad()
        if self.inputs.group.rank > 0:
            self.finish_generator(stage)
            return
        half = max(1, stage.batch // 2)
        size = self.config.optim.micro_batch or half
        moved = torch.zeros_like(running)
        for part, start in enumerate(range(0, half, size)):
            count = min(size, half - start)
            tags = self.inputs.given_tags(stage, reals, part, count)
            random = self.inputs.stream("path-length", part)
            ws = self.inputs.latents("path-length", part, count, stage.resolution, tags)
            images = self.state.generator.synthesis(ws, "random", random, stage.resolution, alpha)
            noise = torch.randn(images.shape, generator=random, device=self.inputs.device)
            lengths = losses.path_lengths(images, ws, noise)
            penalty, mean = losses.path_length_penalty(lengths, running)
            (penalty * (config.path_length_weight * config.g_reg_interval * (count / half))).backward()
            self.state.generator_adam.add_part()
            moved += mean * (count / half)
            self.record("path_length", lengths)
        running.copy_(moved)
        self.finish_generator(stage)

    def average_phase(self, stage: Stage) -> None:
        """Move the averaged generator towards the current one."""
        optim, state = self.config.optim, self.state
        # Finished weights are a good average from the first image on: nothing has to be forgotten quickly.
        rampup = math.inf if self.config.start_from else optim.ema_rampup
        beta = ema_beta(state.images + stage.batch, stage.batch, optim.ema_halflife_images, rampup)
        update_ema(state.average_values, state.generator_adam.values, beta)
        state.average.mapping.w_avg.copy_(state.generator.mapping.w_avg)

    def take_statistics(self) -> dict[str, float]:
        """Means over all workers since the last call (asks the device once); all must call at the same step."""
        names = list(self.statistics)
        sums = torch.stack([self.statistics[name][0] for name in names]).tolist() if names else []
        mine = {name: (value, self.statistics[name][1]) for name, value in zip(names, sums, strict=True)}
        self.statistics = {}
        shares = self.inputs.group.gather(mine)
        means = {}
        for name in dict.fromkeys(name for share in shares for name in share):
            found = [share[name] for share in shares if name in share]
            means[name] = sum(value for value, _ in found) / sum(count for _, count in found)
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
        self.inputs.group.sum(adam.total)
        adam.take_total()
        adam.step(learning_rate * correction * self.state.lr_scale, self.config.optim.beta2**correction)

    def score(self, images: torch.Tensor, purpose: str, part: int, alpha: float, tags: Tags) -> torch.Tensor:
        """Logits [n] of pictures, augmented first."""
        # While a block fades in, alpha is another constant at every step: compiling would start anew each time.
        network = self.compiled if self.compiled is not None and alpha >= 1.0 else self.state.discriminator
        seen = self.inputs.seen(images, purpose, part)
        logits: torch.Tensor = network(seen, alpha, self.inputs.dtype, self.inputs.encoded(tags))
        return logits

    def watch_logits(self, loss: torch.Tensor, real_logits: torch.Tensor, fake_logits: torch.Tensor) -> None:
        """Record what the discriminator said, and count its signs for ADA."""
        relativistic = self.config.loss.kind == "relativistic"
        # The relativistic loss leaves the zero of the logits free: real ones are counted against generated ones.
        signs = (real_logits - fake_logits.mean() if relativistic else real_logits).detach().sign()
        if self.config.augment.mode == "ada":
            self.state.running["sign_sum"] += signs.sum()
            self.state.running["sign_count"] += float(len(signs))
        self.record("loss/d", loss)
        self.record("logit/real", real_logits)
        self.record("logit/fake", fake_logits)
        if not relativistic:  # a large gap there is a matter of fidelity, no sign of overfitting
            self.record("real_sign", signs)

    def adjust_augmentation(self, stage: Stage) -> None:
        """Move ADA's probability."""
        running, augmentation = self.state.running, self.config.augment
        self.inputs.group.sum(running["sign_sum"])
        self.inputs.group.sum(running["sign_count"])
        mean = running["sign_sum"] / running["sign_count"]
        shown = stage.batch * ADA_INTERVAL
        p = adjust_probability(running["augment_p"], mean, shown, augmentation.target, augmentation.adjust_images)
        running["augment_p"].copy_(p)
        running["sign_sum"].zero_()
        running["sign_count"].zero_()

    def record(self, name: str, values: torch.Tensor) -> None:
        """Add a mean to the statistics, on the device."""
        total, count = self.statistics.get(name, (torch.zeros((), device=self.inputs.device), 0))
        self.statistics[name] = (total + values.detach().mean(), count + 1)
