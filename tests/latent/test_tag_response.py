import torch

from anime_gen.latent import DirectionConfig
from anime_gen.latent.protocols import silent
from anime_gen.latent.tag_response import _sure_class, decoupled_tags, fit_tag_response, told_by_examples
from tests.latent.toys import TAG_SETTINGS, TAG_VOCABULARY, PlainCondition, TagGenerator, TagReader

CONFIG = DirectionConfig(samples=60, **TAG_SETTINGS)


def test_examples_tell_of_decided_classes_and_of_switches_that_carry_others():
    assert told_by_examples(TAG_VOCABULARY, CONFIG) == ["glasses", "verdict"]


def test_only_a_sure_face_is_an_example_of_a_class():
    assert _sure_class(torch.tensor([[0.9], [-0.9], [0.8], [0.1], [-0.1]])).tolist() == [1, 0, 1, -1, -1]
    assert _sure_class(torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])).tolist() == [0, 1, -1]


def test_tags_of_one_attribute_are_exchanged_together_and_dependents_with_their_carrier():
    columns = TagGenerator().config.condition
    network = PlainCondition(columns, 2, len(columns))
    network.rows.copy_(torch.tensor([0.0, 1.0])[:, None].expand(2, len(columns)))
    tags = decoupled_tags(network, columns, CONFIG, torch.Generator().manual_seed(0))
    assert torch.equal(tags[:, 3], tags[:, 4])  # glasses and their rim
    assert torch.equal(tags[:, 5], tags[:, 6])  # cosine and sine of the hue
    assert bool((tags[:, 0] != tags[:, 2]).any())
    assert bool((tags[:, 0] != tags[:, 3]).any())


def test_the_response_follows_from_the_seed():
    one, other = (fit_tag_response(TagGenerator(), TagReader(), CONFIG, silent) for _ in range(2))
    assert torch.equal(one.examples, other.examples)
