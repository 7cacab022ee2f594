import torch

from anime_gen.latent.baselines import _orthonormal


def test_directions_a_thousand_times_weaker_than_the_strongest_are_noise():
    assert _orthonormal(torch.tensor([[100.0, 0.0], [0.0, 0.05]])).abs().tolist() == [[1.0, 0.0]]
    assert len(_orthonormal(torch.tensor([[0.01, 0.0], [0.0, 0.005]]))) == 2
