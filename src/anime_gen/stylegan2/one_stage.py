"""Both players from one pass: an option that saves a generator pass and a discriminator pass of every step.

The logit f of a generated picture drives both losses. With g = f (non-saturating) or f minus its real partner
(relativistic): dL_D/df = sigmoid(g) and dL_G/df = -sigmoid(-g), so the picture's gradient for the generator is the one
that the discriminator's pass leaves behind, times -exp(-g). Both players then move at once instead of in turn.

Minibatch standard deviation couples the samples of a group, so a picture's gradient also holds a little of its
neighbours' logits, which the factor should not scale. Unbounded, it blew a 16-px run up after 20,000 images; hence the
bound on g.
"""

from typing import TYPE_CHECKING

import torch

from anime_gen.stylegan2 import losses
from anime_gen.stylegan2.growth import Stage
from anime_gen.stylegan2.reals import Reals

if TYPE_CHECKING:
    from anime_gen.stylegan2.step import Step

LOWEST_LOGIT = -3.0  # the factor is at most 20


def joint_phase(step: "Step", stage: Stage, reals: Reals, alpha: float) -> None:
    """One update of both players; takes the place of the discriminator's and the generator's phase."""
    state, kind = step.state, step.config.loss.kind
    state.discriminator_adam.zero_grad()
    state.generator_adam.zero_grad()
    for part, count in step.parts(stage):
        share = count / stage.batch
        fake = step.generate("both", part, count, stage, alpha, track=True)
        picture = fake.detach().requires_grad_()
        real_logits = step.score(step.real_pictures(stage, reals, part, count, alpha), "d-real", part, alpha)
        fake_logits = step.score(picture, "d-fake", part, alpha)
        loss = losses.discriminator_loss(kind, real_logits, fake_logits)
        (loss * share).backward()
        assert picture.grad is not None
        fake.backward(picture.grad * generator_factor(kind, real_logits, fake_logits).view(-1, 1, 1, 1))
        step.watch_logits(loss, real_logits, fake_logits)
        step.record("loss/g", losses.generator_loss(kind, real_logits.detach(), fake_logits.detach()))
    step.finish_discriminator(stage)
    step.finish_generator(stage)


def generator_factor(kind: str, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    """What turns dL_D/dx into dL_G/dx for each generated picture x: -exp(-g) [n], bounded."""
    g = fake - real if kind == "relativistic" else fake
    return -(-g.detach().clamp_min(LOWEST_LOGIT)).exp()
