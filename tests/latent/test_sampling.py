import torch

from anime_gen.latent import DirectionConfig
from anime_gen.latent.sampling import Samples, draw_with_tags, draw_ws, mix_layers, usable
from anime_gen.latent.space import fit_space
from tests.latent.toys import LinearGenerator, TagGenerator


def test_characters_follow_from_seed_purpose_and_psi():
    generator = LinearGenerator()
    ws = draw_ws(generator, 3, 1, "test")
    assert torch.equal(ws, draw_ws(generator, 3, 1, "test"))
    torch.testing.assert_close(draw_ws(generator, 3, 1, "test", psi=0.5), 0.5 * ws)
    assert not torch.equal(ws, draw_ws(generator, 3, 2, "test"))
    assert not torch.equal(ws, draw_ws(generator, 3, 1, "other"))


def test_a_conditional_generator_is_given_rows_of_its_table():
    generator = TagGenerator()
    ws, tags = draw_with_tags(generator, 5, 1, "test")
    torch.testing.assert_close(ws[:, 0], generator.network(tags), atol=0.01, rtol=0)
    assert draw_with_tags(LinearGenerator(), 5, 1, "test")[1] is None


def test_every_second_face_takes_its_later_layers_from_the_next():
    ws = torch.arange(40.0)[:, None, None].expand(40, 4, 2)
    mixed, flags = mix_layers(ws, DirectionConfig(layer_groups=4))
    assert flags.tolist() == [True, False] * 20
    assert torch.equal(mixed[1::2], ws[1::2])
    assert torch.equal(mixed[::2, 0], ws[::2, 0])
    assert torch.equal(mixed[::2, 3], ws[1::2, 3])
    assert 0 < int((mixed[::2, 1] != ws[::2, 1]).any(1).sum()) < 20
    assert torch.equal(mixed, mix_layers(ws, DirectionConfig(layer_groups=4))[0])


def test_a_quarter_of_trusted_faces_is_enough_and_below_it_the_surer_half_helps_out():
    sure = torch.tensor([0.1, 0.2, 0.3, -1.0])
    assert usable(samples([True, False, False, False], sure), "length").tolist() == [True, False, False, False]
    assert usable(samples([False] * 4, sure), "length").tolist() == [True, True, True, False]


def samples(trusted: list[bool], confidence: torch.Tensor) -> Samples:
    space, n = fit_space(torch.randn(9, 2), 2, 1, 2), len(trusted)
    flags = {"length": torch.tensor(trusted)}
    return Samples(space, torch.zeros(n, 2), torch.zeros(n, 1), flags, {"length": confidence}, torch.zeros(n) > 0)
