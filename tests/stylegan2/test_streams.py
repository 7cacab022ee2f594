import torch

from anime_gen.stylegan2.streams import random_z, seeded_weights, stream


def test_a_stream_depends_on_seed_purpose_and_step_alone() -> None:
    draws = [
        torch.randn(4, generator=stream(*key))
        for key in ((0, "d", 8), (0, "d", 8), (1, "d", 8), (0, "g", 8), (0, "d", 9))
    ]
    assert torch.equal(draws[0], draws[1])
    assert not any(torch.equal(draws[0], other) for other in draws[2:])


def test_a_latent_is_the_same_alone_and_among_others() -> None:
    torch.testing.assert_close(torch.cat([random_z(k, 8) for k in range(3)])[2:], random_z(2, 8), rtol=0, atol=0)
    assert not torch.equal(random_z(0, 8), random_z(1, 8))


def test_seeded_weights_leave_the_stream_of_the_process_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    with seeded_weights(7):
        first = torch.nn.Linear(2, 2).weight
    assert torch.equal(torch.rand(2), expected)
    with seeded_weights(7):
        assert torch.equal(torch.nn.Linear(2, 2).weight, first)
