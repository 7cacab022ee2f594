import pytest
import torch

from anime_gen.latent.solver import constrained_step

NOTHING = torch.zeros(0, 2)


@pytest.mark.parametrize("damping", [0.01, 1.0, 20.0])
def test_damping_changes_the_way_and_not_the_length(damping):
    step = constrained_step(
        torch.tensor([[2.0, 0.0]]), torch.tensor([3.0]), NOTHING, torch.zeros(0), damping=damping, max_stretch=3.0
    )
    torch.testing.assert_close(step, torch.tensor([1.5, 0.0]))


def test_what_the_latents_do_not_explain_is_not_blown_up():
    asked = torch.tensor([[1e-3, 0.0]])
    step = constrained_step(asked, torch.tensor([1.0]), NOTHING, torch.zeros(0), damping=0.1, max_stretch=3.0)
    assert float(step.norm()) < 0.02
