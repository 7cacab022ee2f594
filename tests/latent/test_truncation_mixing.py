import pytest
import torch

from anime_gen.latent import find_centres, mix, mix_levels, truncate
from anime_gen.latent.mixing import level_layers


def test_truncation_is_linear_between_centre_and_character():
    ws, centre = torch.randn(3, 4, 2), torch.randn(2)
    torch.testing.assert_close(truncate(ws, centre, 1.0), ws)
    torch.testing.assert_close(truncate(ws, centre, 0.0), centre.expand(3, 4, 2))
    torch.testing.assert_close(truncate(ws, centre, 0.5), 0.5 * (ws + centre))


def test_a_cutoff_leaves_the_later_layers():
    ws = torch.randn(3, 4, 2)
    cut = truncate(ws, torch.zeros(2), 0.0, cutoff=1)
    assert float(cut[:, 0].abs().max()) == 0.0
    torch.testing.assert_close(cut[:, 1:], ws[:, 1:])


def test_several_centres_pull_each_character_to_its_own():
    generator = torch.Generator().manual_seed(0)
    clusters = torch.tensor([[-10.0, 0.0], [10.0, 0.0]])
    w = clusters.repeat_interleave(50, 0) + torch.randn(100, 2, generator=generator)
    centres = find_centres(w, 2)
    torch.testing.assert_close(centres[centres[:, 0].argsort()], clusters, atol=0.5, rtol=0)
    ws = torch.tensor([[[9.0, 1.0]], [[-8.0, 0.0]]])
    pulled = truncate(ws, centres, 0.0)
    assert pulled[0, 0, 0] > 9
    assert pulled[1, 0, 0] < -9
    with pytest.raises(ValueError, match="1 to 100"):
        find_centres(w, 101)


def test_mixing_takes_the_named_layers():
    ws, donor = torch.zeros(1, 10, 2), torch.ones(1, 10, 2)
    levels = level_layers(10)
    assert list(levels) == ["coarse", "middle", "fine"]
    mixed = mix_levels(ws, donor, {"fine": 1.0})
    first, _ = levels["fine"]
    assert float(mixed[:, :first].max()) == 0.0
    assert float(mixed[:, first:].min()) == 1.0
    torch.testing.assert_close(mix(ws, donor, 0.25), torch.full((1, 10, 2), 0.25))
    assert mix(ws.double(), donor.double(), 0.25).dtype == torch.float64


def test_mixing_refuses_what_does_not_fit():
    ws = torch.zeros(1, 4, 2)
    with pytest.raises(ValueError, match="4 layers"):
        mix(ws, ws, [1.0, 0.0])
    with pytest.raises(ValueError, match="different models"):
        mix(ws, torch.zeros(1, 6, 2), 0.5)
    with pytest.raises(ValueError, match="coarse, middle, fine"):
        mix_levels(ws, ws, {"colour": 1.0})
