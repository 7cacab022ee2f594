import pytest
import torch
from torch import nn

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.generator import Generator
from anime_gen.stylegan2.training.ema import ema_beta, update_ema
from anime_gen.stylegan2.training.optimizer import FlatAdam

LR, BETA2, EPSILON = 0.01, 0.9, 1e-8


def test_equals_adam_without_momentum() -> None:
    torch.manual_seed(0)
    ours, theirs = nn.Linear(5, 3), nn.Linear(5, 3)
    theirs.load_state_dict(ours.state_dict())
    adam = FlatAdam(ours, BETA2, EPSILON)
    reference = torch.optim.Adam(theirs.parameters(), LR, (0.0, BETA2), EPSILON)
    for _ in range(7):
        x = torch.randn(4, 5)
        adam.zero_grad()
        reference.zero_grad()
        ours(x).square().sum().backward()
        theirs(x).square().sum().backward()
        adam.step(LR)
        reference.step()
    torch.testing.assert_close(ours.weight, theirs.weight)
    torch.testing.assert_close(ours.bias, theirs.bias)


def test_a_block_that_joins_late_starts_like_a_new_one() -> None:
    """Its first step is one learning rate long, however many steps the others have taken."""
    generator = Generator(NetworkConfig(8, channel_base=16, channel_max=2, z_dim=2, w_dim=2, mapping_layers=1))
    adam = FlatAdam(generator, BETA2, EPSILON)
    late = generator.synthesis.blocks[1].conv1.weight
    adam.set_resolution(4)
    for _ in range(20):
        adam.gradient.fill_(1.0)
        late.grad.zero_()
        adam.step(LR)
    adam.set_resolution(8)
    before = late.detach().clone()
    late.grad.fill_(3.0)
    adam.step(LR)
    torch.testing.assert_close(before - late, torch.full_like(late, LR))


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_step_that_is_not_finite_is_counted_and_changes_nothing(bad: float) -> None:
    layer = nn.Linear(3, 2)
    adam = FlatAdam(layer, BETA2, EPSILON)
    layer(torch.ones(1, 3)).sum().backward()
    assert adam.step(LR) == 1.0
    before = {name: tensor.clone() for name, tensor in adam.state().items()}
    layer.weight.grad[0, 0] = bad
    assert adam.step(LR) == 0.0
    assert adam.bad_steps == 1.0
    for name in ("values", "square", "mass"):
        assert torch.equal(adam.state()[name], before[name])


def test_parameters_and_gradients_are_views_of_the_vectors() -> None:
    layer = nn.Linear(3, 2)
    adam = FlatAdam(layer, BETA2, EPSILON)
    adam.values.fill_(0.5)
    assert (layer.weight == 0.5).all()
    layer(torch.ones(1, 3)).sum().backward()
    assert adam.gradient.tolist() == [1.0] * 8
    adam.zero_grad()
    assert (layer.bias.grad == 0).all()


def test_moving_average_follows_its_formula() -> None:
    assert ema_beta(10**9, 32, 10_000, 0.05) == pytest.approx(0.5 ** (32 / 10_000))
    assert ema_beta(1_000, 10, 10_000, 0.05) == pytest.approx(0.5 ** (10 / 50))
    average, current = torch.zeros(3), torch.tensor([1.0, 2.0, 3.0])
    for _ in range(5):
        update_ema(average, current, 0.8)
    torch.testing.assert_close(average, current * (1 - 0.8**5))


def test_half_of_the_past_is_left_after_one_half_life() -> None:
    average = torch.ones(1)
    for _ in range(100):
        update_ema(average, torch.zeros(1), ema_beta(10**9, 10, 1_000, 1.0))
    assert float(average) == pytest.approx(0.5, rel=1e-4)
