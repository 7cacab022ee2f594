from dataclasses import replace

import numpy as np
import pytest
import torch

from anime_gen.stylegan2 import Discriminator, Generator, NetworkConfig, draw_characters
from anime_gen.stylegan2.networks.condition import ConditionNetwork, attribute_columns

COLUMNS = ("smile", "hue:cos", "hue:sin", "hat")
PLAIN = NetworkConfig(16, channel_base=128, channel_max=8, z_dim=8, w_dim=8, mapping_layers=1)
CONFIG = replace(PLAIN, condition=COLUMNS, condition_rows=6)


def table(count: int = 40) -> np.ndarray:
    """Tags whose third column is now and then unknown."""
    tags = np.random.default_rng(0).normal(3.0, 2.0, (count, 4)).astype(np.float32)
    tags[::3, 2] = np.nan
    return tags


def conditional(seed: int = 0) -> Generator:
    torch.manual_seed(seed)
    generator = Generator(CONFIG).eval()
    assert generator.mapping.tags is not None
    generator.mapping.tags.set_table(table(), table()[:6])
    for layer in (generator.mapping.tags.out, generator.mapping.tags.direct):
        torch.nn.init.normal_(layer.weight)
    return generator


def test_columns_belong_to_attributes() -> None:
    assert attribute_columns(COLUMNS) == {"smile": [0], "hue": [1, 2], "hat": [3]}


def test_an_untrained_condition_changes_nothing() -> None:
    torch.manual_seed(0)
    generator = Generator(CONFIG).eval()
    z = torch.randn(2, 8)
    assert torch.equal(generator.mapping(z, tags=torch.randn(2, 4)), generator.mapping(z))


def test_tags_are_encoded_in_standard_deviations_and_unknown_ones_marked() -> None:
    network = ConditionNetwork(COLUMNS, 6, 8)
    network.set_table(table(), table()[:6])
    tags = torch.from_numpy(table())
    code = network.encode(tags)
    assert code.shape == (40, 8)
    torch.testing.assert_close(code[:, 3].mean(), torch.zeros(()), atol=1e-5, rtol=0)
    torch.testing.assert_close(code[:, 3].std(correction=0), torch.ones(()), atol=1e-5, rtol=0)
    assert torch.equal(code[:, 6] == 1, tags[:, 2].isnan())
    assert bool((code[::3, 2] == 0).all())


def test_rows_of_the_table_keep_what_is_unknown() -> None:
    network = ConditionNetwork(COLUMNS, 6, 8)
    network.set_table(table(), table()[:6])
    torch.testing.assert_close(network.row(torch.arange(6)), torch.from_numpy(table()[:6]), equal_nan=True)


def test_truncation_pulls_the_latent_and_leaves_the_tags() -> None:
    generator = conditional()
    z, tags = draw_characters(generator, [5])
    assert generator.mapping.tags is not None
    centre = generator.mapping.w_avg + generator.mapping.tags(tags)
    torch.testing.assert_close(generator.mapping(z, psi=0.0, tags=tags)[:, 0], centre)
    half = generator.mapping(z, psi=0.5, tags=tags)
    torch.testing.assert_close(half, (generator.mapping(z, tags=tags) + centre[:, None]) / 2)


def test_a_character_is_the_same_alone_and_among_others() -> None:
    generator = conditional()
    z, tags = draw_characters(generator, range(20))
    alone_z, alone_tags = draw_characters(generator, [13])
    assert tags is not None
    assert alone_tags is not None
    assert torch.equal(z[13:14], alone_z)
    assert torch.equal(tags[13:14].nan_to_num(-99.0), alone_tags.nan_to_num(-99.0))
    assert len({float(row[0]) for row in tags}) > 2


def test_an_unconditional_generator_has_no_tags() -> None:
    z, tags = draw_characters(Generator(PLAIN), [0, 1])
    assert (z.shape, tags) == ((2, 8), None)


def test_the_discriminator_scores_a_picture_by_its_tags() -> None:
    torch.manual_seed(0)
    discriminator = Discriminator(CONFIG)
    image, code = torch.randn(2, 3, 16, 16), torch.randn(2, 8)
    before = discriminator(image, condition=code)
    assert torch.equal(before, discriminator(image, condition=-code))  # the projection starts at zero
    assert discriminator.projection is not None
    torch.nn.init.normal_(discriminator.projection.weight)
    up, down = discriminator(image, condition=code), discriminator(image, condition=-code)
    torch.testing.assert_close((up + down) / 2, before)
    assert not torch.equal(up, down)
    with pytest.raises(ValueError, match="with their tags"):
        discriminator(image)
