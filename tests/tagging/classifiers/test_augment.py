"""Alterations: which are allowed follows from the vocabulary, and none changes a label it must not."""

import torch

from anime_gen.tagging.classifiers.augment import Alterations
from anime_gen.tagging.classifiers.heads import mirrored
from anime_gen.tagging.config import TrainingConfig
from tests.tagging.toys import vocabulary

WORDS = vocabulary()
CONFIG = TrainingConfig()


def test_a_colour_head_keeps_its_colours_and_a_length_head_its_place() -> None:
    hair = Alterations.allowed(WORDS.group("hair"), CONFIG)
    assert hair.hue_chance == 0.0
    assert hair.shift_px == 0
    assert hair.light_amount > 0.0
    face = Alterations.allowed(WORDS.group("face"), CONFIG)
    assert face.hue_chance > 0.0
    assert face.shift_px > 0


def test_mirror_image_and_sign_go_together() -> None:
    only_flips = Alterations(1.0, 0, 0.0, 0.0, 0.0, 0.0, 16)
    images = torch.rand(3, 3, 8, 8)
    altered, flipped = only_flips.apply(images, torch.Generator().manual_seed(0))
    assert bool(flipped.all())
    assert torch.equal(altered, images.flip(3))
    assert float(mirrored(WORDS["head_turn"], torch.tensor(0.3))) == float(torch.tensor(-0.3))
    assert float(mirrored(WORDS["hair_length"], torch.tensor(0.3))) == float(torch.tensor(0.3))


def test_nothing_asked_is_nothing_done() -> None:
    images = torch.rand(4, 3, 8, 8)
    altered, flipped = Alterations(0.0, 0, 0.0, 0.0, 0.0, 0.0, 16).apply(images, torch.Generator())
    assert torch.equal(altered, images)
    assert not bool(flipped.any())


def test_turned_hue_keeps_greys_and_moves_colours() -> None:
    grey, red = torch.zeros(1, 3, 2, 2), torch.tensor([0.5, -0.5, -0.5]).view(1, 3, 1, 1).expand(1, 3, 2, 2)
    altered, _ = Alterations(0.0, 0, 0.0, 1.0, 0.0, 0.0, 16).apply(torch.cat([grey, red]), torch.Generator())
    assert torch.allclose(altered[0], grey[0], atol=1e-5)
    assert not torch.allclose(altered[1], red[0], atol=0.05)


def test_the_same_stream_gives_the_same_pictures() -> None:
    images = torch.rand(16, 3, 32, 32)
    every = Alterations.allowed(WORDS.group("eyewear"), CONFIG)
    first, second = (every.apply(images, torch.Generator().manual_seed(5))[0] for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, images)
