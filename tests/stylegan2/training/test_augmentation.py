import colorsys
from dataclasses import replace

import pytest
import torch

from anime_gen.stylegan2.streams import stream
from anime_gen.stylegan2.training import augmentation
from anime_gen.stylegan2.training.augmentation import adjust_probability, augment, strengthen_colours
from anime_gen.stylegan2.training.training_config import AugmentConfig

OFF = AugmentConfig(
    "fixed", 1.0, flip=False, translate=0, scale=0, rotate=0, brightness=0, contrast=0, saturation=0, hue=0, cutout=0
)
EVERYTHING = replace(AugmentConfig("fixed", 1.0), flip=True, hue=0.5, cutout=0.5)


def images(count: int = 8) -> torch.Tensor:
    return torch.rand(count, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_probability_nought_is_the_identity_bit_for_bit() -> None:
    x = images()
    assert torch.equal(augment(x, 0.0, EVERYTHING, stream(0, "a", 0)), x)
    assert torch.equal(augment(x, torch.zeros(()), EVERYTHING, stream(0, "a", 0)), x)


def test_probability_is_the_share_of_changed_pictures() -> None:
    x = images(2000)
    config = replace(OFF, translate=0.2)
    changed = (augment(x, 0.3, config, stream(0, "a", 0)) != x).flatten(1).any(dim=1).float().mean()
    assert float(changed) == pytest.approx(0.3, abs=0.04)


def test_flip_mirrors_half_of_the_pictures_it_is_applied_to() -> None:
    x = torch.rand(1000, 3, 4, 4) * 2 - 1
    for p in (1.0, 0.5):
        flipped = augment(x, p, replace(OFF, flip=True), stream(0, "a", 0))
        mirrored = (flipped - x.flip(3)).abs().amax(dim=(1, 2, 3)) < 1e-5
        plain = (flipped - x).abs().amax(dim=(1, 2, 3)) < 1e-5
        assert bool((mirrored ^ plain).all())
        assert abs(float(mirrored.float().mean()) - p / 2) < 0.05


def test_hue_is_kept_unless_asked_for() -> None:
    colour = torch.tensor([0.6, 0.2, 0.1]).view(1, 3, 1, 1) * 2 - 1
    x = colour.expand(64, 3, 4, 4).contiguous()

    def hues(config: AugmentConfig) -> list[float]:
        result = augment(x, 1.0, config, stream(0, "a", 0))[:, :, 0, 0] / 2 + 0.5
        return [colorsys.rgb_to_hsv(*rgb.tolist())[0] for rgb in result]

    kept = hues(replace(OFF, brightness=0.1, saturation=0.5))
    assert max(kept) - min(kept) < 0.02
    turned = hues(replace(OFF, hue=0.5))
    assert max(turned) - min(turned) > 0.3


@pytest.mark.parametrize(
    "setting",
    [
        {"flip": True},
        {"translate": 0.2},
        {"scale": 0.3},
        {"rotate": 0.2},
        {"brightness": 0.3},
        {"contrast": 0.5},
        {"saturation": 0.5},
        {"hue": 0.5},
        {"cutout": 0.5},
    ],
)
def test_every_option_acts_and_differentiates(setting: dict[str, float]) -> None:
    config = replace(OFF, **setting)
    x = images(2)
    assert not torch.equal(augment(x, 1.0, config, stream(0, "a", 1)), x)
    x = x[:1, :, :5, :5].contiguous().requires_grad_()
    target = torch.randn(1, 3, 5, 5, generator=torch.Generator().manual_seed(1))

    def loss(value: torch.Tensor) -> torch.Tensor:
        return (augment(value, 1.0, config, stream(0, "a", 1)) * target).sum()

    (gradient,) = torch.autograd.grad(loss(x), x)
    direction = torch.randn(x.shape, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        slope = (loss(x + 0.01 * direction) - loss(x - 0.01 * direction)) / 0.02
    assert float((gradient * direction).sum()) == pytest.approx(float(slope), rel=1e-2, abs=1e-3)


def test_the_same_stream_gives_the_same_pictures() -> None:
    first, second, other = (augment(images(), 0.8, EVERYTHING, stream(0, "a", s)) for s in (3, 3, 4))
    assert torch.equal(first, second)
    assert not torch.equal(first, other)


def test_the_controller_moves_towards_its_target() -> None:
    p = torch.tensor(0.5)
    up = adjust_probability(p, torch.tensor(0.7), images=64, target=0.6, adjust_images=640)
    down = adjust_probability(p, torch.tensor(0.2), images=64, target=0.6, adjust_images=640)
    assert (float(up), float(down)) == pytest.approx((0.6, 0.4))
    assert adjust_probability(torch.tensor(0.0), torch.tensor(-1.0), 64, 0.6, 640) == 0.0
    assert adjust_probability(torch.tensor(0.99), torch.tensor(1.0), 64, 0.6, 640) == 1.0


@pytest.mark.parametrize(("column", "axis"), [(3, 3), (4, 2)])
def test_a_shift_moves_each_way_by_twice_the_share_at_the_most(column: int, axis: int) -> None:
    """Half of the largest shift of a quarter of the side: two of sixteen pixels to the side or down."""
    ramp = torch.arange(16.0).view(-1, 1).expand(16, 16)
    image = (ramp if axis == 2 else ramp.t())[None, None].expand(1, 3, 16, 16)
    happens, amount = torch.zeros(1, 11, dtype=torch.bool), torch.zeros(1, 11)
    happens[0, 3], amount[0, column] = True, 0.5
    moved = augmentation._geometry(image, happens, amount, replace(OFF, translate=0.25))
    torch.testing.assert_close(moved.narrow(axis, 0, 13), image.narrow(axis, 2, 13))


@pytest.mark.parametrize("size", [0.25, 0.5])
def test_a_cutout_hides_a_square_of_its_share_of_the_side(size: float) -> None:
    hidden = augmentation._cutout(torch.ones(2, 3, 64, 64), torch.tensor([True, False]), torch.zeros(2, 2), size) == 0
    assert hidden[0].sum() == 3 * (64 * size) ** 2
    assert not hidden[1].any()


def test_brightness_lies_within_what_was_asked() -> None:
    images = torch.zeros(400, 3, 2, 2)
    moved = augment(images, 1.0, replace(OFF, brightness=0.2), stream(0, "test", 0))[:, 0, 0, 0]
    assert moved.abs().max() <= 0.2
    assert (moved.max(), moved.min()) == pytest.approx((0.2, -0.2), abs=0.01)


def test_colours_are_strengthened_about_grey() -> None:
    plain = images()
    assert strengthen_colours(plain, 1.0) is plain
    stronger = strengthen_colours(plain, 3.0)
    torch.testing.assert_close(stronger.mean(dim=1), plain.mean(dim=1))
    torch.testing.assert_close(stronger[:, 0] - stronger[:, 2], 3 * (plain[:, 0] - plain[:, 2]))


def test_a_third_of_a_turn_of_the_hue_hands_each_colour_on() -> None:
    """Rodrigues' formula in closed form: about grey, which stays; lengths stay too."""
    none, third, any_ = augmentation._hue_rotation(torch.tensor([0.0, 2.0 * torch.pi / 3.0, 0.7]))
    torch.testing.assert_close(none, torch.eye(3))
    torch.testing.assert_close(third, torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    torch.testing.assert_close(any_ @ any_.T, torch.eye(3))
    torch.testing.assert_close(any_.sum(0), torch.ones(3))
