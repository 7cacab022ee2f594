from dataclasses import replace

import numpy as np
import pytest
import torch

from anime_gen.stylegan2.networks.resample import downsample2, upsample2
from anime_gen.stylegan2.training import losses
from anime_gen.stylegan2.training.augmentation import strengthen_colours
from anime_gen.stylegan2.training.growth import Stage
from anime_gen.stylegan2.training.inputs import Inputs
from anime_gen.stylegan2.training.reals import Reals, data_fingerprint, fade_reals
from anime_gen.stylegan2.training.state import new_state
from anime_gen.stylegan2.training.step import Step
from anime_gen.stylegan2.training.training_config import AugmentConfig, LossConfig, OptimConfig, TrainingConfig
from tests.stylegan2.conftest import faces, tiny_config

CPU = torch.device("cpu")
STAGE = Stage(0, 16, 0, 0, 64, 8, 0.002)


def make(config: TrainingConfig) -> tuple[Step, Reals]:
    step = Step(Inputs(config, new_state(config, CPU), CPU, torch.float32))
    return step, Reals(faces(), np.arange(48), 16, 0, CPU)


def test_every_pass_shows_every_picture_once_in_another_order() -> None:
    reals = Reals(faces(10), np.arange(10), 16, 0, CPU)
    first, second = reals.positions(0, 10), reals.positions(10, 10)
    assert sorted(first) == sorted(second) == list(range(10))
    assert list(first) != list(second)
    across = np.concatenate([reals.positions(start, 4) for start in (0, 4, 8, 12, 16)])
    assert list(across) == [*first, *second]


def test_pictures_from_memory_and_from_disk_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.array([5, 1, 7])
    resident = Reals(faces(), rows, 8, 0, CPU).batch(0, 3)
    monkeypatch.setattr("anime_gen.stylegan2.training.reals.RESIDENT_BYTES", 0)
    assert torch.equal(Reals(faces(), rows, 8, 0, CPU).batch(0, 3), resident)
    assert resident.min() >= -1
    assert resident.max() <= 1


def test_pictures_shared_by_all_stages_are_averaged_to_the_same_bytes() -> None:
    rows = np.array([5, 1, 7])
    full = Reals(faces(), rows, 16, 0, CPU)
    full.shared = True  # as on a GPU with room for all
    below = Reals(faces(), rows, 8, 0, CPU, before=full)
    assert torch.equal(below.batch(0, 3), Reals(faces(), rows, 8, 0, CPU).batch(0, 3))
    assert torch.equal(Reals(faces(), rows, 16, 0, CPU, before=below).batch(0, 3), full.batch(0, 3))


def test_the_fingerprint_tells_pictures_and_rows_apart() -> None:
    prints = [data_fingerprint(faces(seed=s), np.arange(n)) for s, n in ((0, 48), (1, 48), (0, 47))]
    assert len(set(prints)) == 3
    assert prints[0] == data_fingerprint(faces(), np.arange(48))


def test_real_pictures_fade_in_like_generated_ones() -> None:
    images = torch.randn(2, 3, 8, 8)
    assert torch.equal(fade_reals(images, 1.0), images)
    torch.testing.assert_close(fade_reals(images, 0.0), upsample2(downsample2(images)))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"loss": LossConfig(kind="relativistic", r2_gamma=0.1, d_reg_interval=2)},
        {"loss": LossConfig(path_length_weight=2.0, g_reg_interval=2, style_mixing=0.0)},
        {"loss": LossConfig(colour_gain=2.0, detail=1.0)},
        {"augment": AugmentConfig("fixed", 0.5)},
        {"augment": AugmentConfig("ada", 0.2, flip=True, adjust_images=100)},
        {"precision": "bfloat16"},
    ],
)
def test_every_option_trains_both_players(changes: dict[str, object]) -> None:
    config = tiny_config(**changes)
    step, reals = make(config)
    if config.precision == "bfloat16":
        step.inputs.dtype = torch.bfloat16
    before = {name: tensor.clone() for name, tensor in step.state.tensors().items()}
    for _ in range(4):
        step.run(STAGE, reals)
    after = step.state.tensors()
    assert step.state.is_finite()
    assert step.state.take_bad_steps() == 0
    for name in ("generator.values", "discriminator.values", "average.values", "generator.buffer.mapping.w_avg"):
        assert not torch.equal(before[name], after[name])
    means = step.take_statistics()
    assert {"loss/g", "loss/d", "logit/real"} <= means.keys()
    assert ("real_sign" in means) == (config.loss.kind == "non_saturating")
    assert step.take_statistics() == {}
    if config.augment.mode == "ada":
        assert after["running.augment_p"] != before["running.augment_p"]
    assert ("loss/detail" in means) == (config.loss.detail > 0)
    if config.loss.path_length_weight:
        assert after["running.path_length_mean"] > 0


def test_a_batch_in_parts_has_the_weighted_gradient_of_its_parts() -> None:
    config = tiny_config(optim=OptimConfig(micro_batch=3))
    step, reals = make(config)
    discriminator, adam = step.state.discriminator, step.state.discriminator_adam
    assert step.inputs.parts(STAGE) == [(0, 3), (1, 3), (2, 2)]
    for part, count in step.inputs.parts(STAGE):
        fake = step.inputs.generate("d", part, count, STAGE, 1.0, None).detach()
        real = reals.batch(3 * part, count)
        loss = losses.discriminator_loss("non_saturating", discriminator(real), discriminator(fake))
        (loss * count / 8).backward()
    expected = adam.gradient.clone()
    step.discriminator_phase(STAGE, reals, 1.0)
    torch.testing.assert_close(adam.gradient, expected, rtol=1e-3, atol=1e-5)


def test_weights_follow_from_the_seed_alone() -> None:
    torch.manual_seed(1)
    first = new_state(tiny_config(), CPU)
    torch.manual_seed(2)
    second, other = new_state(tiny_config(), CPU), new_state(tiny_config(seed=5), CPU)
    assert torch.equal(first.generator_adam.values, second.generator_adam.values)
    assert torch.equal(first.average_values, first.generator_adam.values)
    assert not torch.equal(first.generator_adam.values, other.generator_adam.values)


def test_path_length_is_computed_in_parts_of_a_micro_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    loss = LossConfig(path_length_weight=2.0, g_reg_interval=2)
    step, reals = make(tiny_config(loss=loss, optim=OptimConfig(micro_batch=3)))
    step.state.running["path_length_mean"].fill_(0.5)
    measured: list[torch.Tensor] = []
    original = losses.path_lengths

    def noted(*arguments: torch.Tensor) -> torch.Tensor:
        measured.append(original(*arguments))
        return measured[-1]

    monkeypatch.setattr(losses, "path_lengths", noted)
    step.path_length_phase(STAGE, reals, 1.0)
    assert [len(lengths) for lengths in measured] == [3, 1]  # half of a batch of eight
    mean = 0.5 + losses.PATH_LENGTH_DECAY * (torch.cat(measured).mean().item() - 0.5)
    assert step.state.running["path_length_mean"].item() == pytest.approx(mean)


@pytest.mark.parametrize(
    ("r1", "r2", "interval", "scale"), [(3.0, 0.0, 4, 1.0), (1.0, 0.0, 1, 4.0), (0.0, 2.0, 16, 1.0)]
)
def test_penalties_weigh_half_of_gamma_times_the_steps_between_them(
    r1: float, r2: float, interval: int, scale: float
) -> None:
    step, reals = make(tiny_config(loss=LossConfig(r1_gamma=r1, r2_gamma=r2, d_reg_interval=interval)))
    adam = step.state.discriminator_adam
    images = reals.batch(0, 8) if r1 else step.inputs.generate("r2", 0, 8, STAGE, 1.0, None)
    images = images.detach().requires_grad_()
    penalty = losses.gradient_penalty(step.state.discriminator(images, 1.0), images).mean()
    (penalty * ((r1 + r2) / 2 * interval * scale)).backward()
    expected = adam.gradient.clone()
    step.penalty_phase(replace(STAGE, penalty_scale=scale), reals, 1.0)
    torch.testing.assert_close(adam.gradient, expected)
    assert expected.abs().max() > 0


@pytest.mark.parametrize(
    ("loss", "correction"),
    [
        (LossConfig(r1_gamma=1.0, d_reg_interval=4), 4 / 5),
        (LossConfig(r1_gamma=0.0, r2_gamma=1.0, d_reg_interval=16), 16 / 17),
        (LossConfig(r1_gamma=0.0, r2_gamma=0.0), 1.0),
    ],
)
def test_rate_and_decay_are_corrected_for_lazy_penalties(
    loss: LossConfig, correction: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, _ = make(tiny_config(loss=loss, optim=OptimConfig(beta2=0.99, discriminator_lr_scale=0.5)))
    step.state.lr_scale = 0.25
    taken: list[tuple[float, float]] = []
    monkeypatch.setattr(step.state.discriminator_adam, "step", lambda rate, beta2: taken.append((rate, beta2)))
    step.finish_discriminator(STAGE)
    assert taken[0] == pytest.approx((0.002 * 0.5 * 0.25 * correction, 0.99**correction))


def test_after_a_rollback_other_random_numbers_are_drawn() -> None:
    step, _ = make(tiny_config())
    first = torch.randn(4, generator=step.inputs.stream("z-d"))
    assert torch.equal(torch.randn(4, generator=step.inputs.stream("z-d")), first)
    step.state.rollbacks = 1
    assert not torch.equal(torch.randn(4, generator=step.inputs.stream("z-d")), first)


def test_a_second_latent_takes_over_somewhere_from_the_second_layer_on() -> None:
    """At 8 px four layers are in use: the border lies above one, two, three or all four of them, equally often."""
    step, _ = make(tiny_config(loss=LossConfig(style_mixing=1.0)))
    ws = step.inputs.latents("d", 0, 400, 8)
    own = (ws == ws[:, :1]).all(dim=2).sum(dim=1)  # layers that have the first layer's w
    counts = torch.bincount(own, minlength=ws.shape[1] + 1)
    assert counts[:1].sum() == 0
    assert counts[5:].sum() == 0
    assert counts[1:5].min() > 60
    unmixed, _ = make(tiny_config(loss=LossConfig(style_mixing=0.0)))
    ws = unmixed.inputs.latents("d", 0, 5, 8)
    assert torch.equal(ws, ws[:, :1].expand_as(ws))


def test_ada_moves_after_four_steps_by_the_pictures_it_saw_and_counts_anew() -> None:
    augment = AugmentConfig("ada", 0.5, target=0.6, adjust_images=320)
    step, reals = make(tiny_config(augment=augment))
    running = step.state.running
    for number in range(1, 5):
        step.run(STAGE, reals)
        if number < 4:
            assert running["augment_p"] == 0.5
            assert running["sign_count"] == 8 * number
            signs = running["sign_sum"].clone()
    assert abs(float(running["augment_p"]) - 0.5) == pytest.approx(4 * 8 / 320)
    assert running["sign_count"] == running["sign_sum"] == 0
    assert abs(signs) <= 24


def test_the_discriminator_alone_sees_stronger_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """In every phase: real and generated pictures, and those whose gradient is penalised."""
    step, reals = make(tiny_config(loss=LossConfig(kind="relativistic", r2_gamma=1.0, colour_gain=2.0)))
    seen: list[torch.Tensor] = []
    step.state.discriminator.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    plain = reals.batch(0, STAGE.batch)
    step.run(STAGE, reals)
    assert len(seen) == 6
    stronger = strengthen_colours(plain, 2.0)
    assert sum(torch.equal(images, stronger) for images in seen) == 3
    assert not any(torch.equal(images, plain) for images in seen)


def test_detail_pulls_the_generator_towards_the_strength_of_the_real_pictures() -> None:
    """With the discriminator at rest, whose weights are nought, the detail is all that moves it."""
    step, reals = make(tiny_config(loss=LossConfig(detail=1.0)))
    step.state.discriminator_adam.values.zero_()

    def off() -> float:
        with torch.no_grad():
            fake = step.inputs.generate("g", 0, STAGE.batch, STAGE, 1.0, None)
            return float(losses.detail_loss(fake, reals.batch(0, STAGE.batch)))

    before = off()
    for _ in range(10):
        step.generator_phase(STAGE, reals, 1.0)
    assert off() < 0.9 * before
