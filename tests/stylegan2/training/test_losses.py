import math

import pytest
import torch
from torch.nn import functional

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.discriminator import Discriminator
from anime_gen.stylegan2.networks.generator import Generator
from anime_gen.stylegan2.training import losses


def test_published_forms() -> None:
    real, fake = torch.tensor([2.0, -1.0]), torch.tensor([0.5, 3.0])
    expected = sum(math.log1p(math.exp(f)) + math.log1p(math.exp(-r)) for r, f in zip(real, fake, strict=True)) / 2
    assert losses.discriminator_loss("non_saturating", real, fake) == pytest.approx(expected)
    paired = sum(math.log1p(math.exp(f - r)) for r, f in zip(real, fake, strict=True)) / 2
    assert losses.discriminator_loss("relativistic", real, fake) == pytest.approx(paired)
    assert losses.generator_loss("non_saturating", None, fake) == pytest.approx(functional.softplus(-fake).mean())
    assert losses.generator_loss("relativistic", real, fake) == losses.discriminator_loss("relativistic", fake, real)
    with pytest.raises(ValueError, match="real pictures"):
        losses.generator_loss("relativistic", None, fake)


@pytest.mark.parametrize("kind", ["non_saturating", "relativistic"])
def test_losses_differentiate(kind: str) -> None:
    real = torch.randn(4, dtype=torch.float64, requires_grad=True)
    fake = torch.randn(4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda r, f: losses.discriminator_loss(kind, r, f), (real, fake))
    assert torch.autograd.gradcheck(lambda r, f: losses.generator_loss(kind, r, f), (real, fake))


def test_gradient_penalty_of_a_linear_network_is_its_squared_weight() -> None:
    weight = torch.randn(3, 4, 4, dtype=torch.float64, requires_grad=True)
    images = torch.randn(5, 3, 4, 4, dtype=torch.float64, requires_grad=True)
    penalty = losses.gradient_penalty((images * weight).sum(dim=(1, 2, 3)), images)
    torch.testing.assert_close(penalty, weight.square().sum().expand(5))
    (gradient,) = torch.autograd.grad(penalty.sum(), weight)
    torch.testing.assert_close(gradient, 10 * weight)


def test_gradient_penalty_of_the_discriminator_equals_finite_differences() -> None:
    torch.manual_seed(0)
    discriminator = Discriminator(NetworkConfig(8, channel_base=32, channel_max=4)).double()
    image = torch.randn(1, 3, 8, 8, dtype=torch.float64, requires_grad=True)
    penalty = losses.gradient_penalty(discriminator(image, dtype=torch.float64), image)
    step, total = 1e-5, 0.0
    with torch.no_grad():
        for place in range(image.numel()):
            moved = image.clone().flatten()
            moved[place] += step
            up = discriminator(moved.view_as(image), dtype=torch.float64)
            moved[place] -= 2 * step
            total += float((up - discriminator(moved.view_as(image), dtype=torch.float64)) / (2 * step)) ** 2
    assert float(penalty) == pytest.approx(total, rel=1e-4)


def test_path_length_of_a_linear_generator() -> None:
    """For image = A w the length is |A^T y| / sqrt(pixels); its mean square over y ~ N(0, I) is |A|_F^2 / pixels."""
    torch.manual_seed(0)
    matrix = torch.randn(3 * 4 * 4, 6, dtype=torch.float64)
    ws = torch.randn(4000, 1, 6, dtype=torch.float64, requires_grad=True)
    images = (ws[:, 0] @ matrix.t()).view(-1, 3, 4, 4)
    noise = torch.randn_like(images)
    lengths = losses.path_lengths(images, ws, noise)
    torch.testing.assert_close(lengths, (noise.flatten(1) @ matrix).norm(dim=1) / 4)
    assert float(lengths.square().mean()) == pytest.approx(float(matrix.square().sum() / 16), rel=0.05)
    several = ws.detach().expand(-1, 3, -1).clone().requires_grad_()
    images = (several.sum(dim=1) @ matrix.t()).view(-1, 3, 4, 4)
    torch.testing.assert_close(losses.path_lengths(images, several, noise), lengths)


def test_path_length_penalty_follows_its_running_mean() -> None:
    lengths = torch.tensor([1.0, 3.0])
    penalty, mean = losses.path_length_penalty(lengths, torch.tensor(0.0))
    assert float(mean) == pytest.approx(0.02)
    assert float(penalty) == pytest.approx(((1 - 0.02) ** 2 + (3 - 0.02) ** 2) / 2)


def test_path_length_differentiates_through_the_generator() -> None:
    torch.manual_seed(0)
    generator = Generator(NetworkConfig(8, channel_base=32, channel_max=4, z_dim=4, w_dim=4, mapping_layers=1)).double()
    ws = generator.mapping(torch.randn(2, 4).double()).detach().requires_grad_()
    noise = torch.randn(2, 3, 8, 8).double()
    weight = generator.synthesis.blocks[1].conv1.weight

    def lengths(value: torch.Tensor) -> torch.Tensor:
        named = {"synthesis.blocks.1.conv1.weight": value}
        images = torch.func.functional_call(
            generator.synthesis, {k.removeprefix("synthesis."): v for k, v in named.items()}, (ws,), {"dtype": ws.dtype}
        )
        return losses.path_lengths(images, ws, noise)

    assert torch.autograd.gradcheck(lengths, (weight.detach().clone().requires_grad_(),), atol=1e-4)


def test_detail_is_told_by_band_and_by_colour() -> None:
    """A pattern that alternates from pixel to pixel is all in the finest band; one of period four is in both."""
    stripes = torch.tensor([0.5, -0.5]).repeat(8).expand(1, 3, 16, 16)
    colours_fine, colours_next, grey_fine, grey_next = losses.detail_strengths(stripes)
    assert float(grey_fine) == pytest.approx(0.5)
    assert [float(x) for x in (colours_fine, colours_next, grey_next)] == pytest.approx([0, 0, 0], abs=1e-6)
    wider = torch.tensor([0.5, 0.5, -0.5, -0.5]).repeat(4).expand(1, 3, 16, 16)
    assert float(losses.detail_strengths(wider)[3]) > 0.1
    red = stripes * torch.tensor([1.0, -0.5, -0.5]).view(1, 3, 1, 1)
    strengths = losses.detail_strengths(red)
    assert float(strengths[0]) > 0.3
    assert float(strengths[2]) == pytest.approx(0, abs=1e-6)


def test_the_detail_loss_is_least_at_the_real_pictures_strength() -> None:
    torch.manual_seed(0)
    real = torch.rand(4, 3, 16, 16) - 0.5
    assert float(losses.detail_loss(real.flip(0), real)) == pytest.approx(0, abs=1e-9)
    half = (real / 2).requires_grad_()
    loss = losses.detail_loss(half, real)
    assert float(loss) == pytest.approx(0.25)
    (gradient,) = torch.autograd.grad(loss, half)
    assert float(losses.detail_loss(half - 100 * gradient, real)) < 0.25
    grey = real.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
    assert torch.isfinite(losses.detail_loss(grey, grey))


def test_larger_pictures_have_more_bands_of_detail() -> None:
    """Down to what a picture of 64 pixels has for its second finest: waves of 16 pixels count at 256, not at 64."""
    assert [len(losses.detail_strengths(torch.zeros(1, 3, px, px))) for px in (16, 64, 128, 256)] == [4, 4, 6, 8]
    wave = (torch.arange(256) * 2 * torch.pi / 16).sin().expand(1, 3, 256, 256) / 2
    finest, *_, coarsest = losses.detail_strengths(wave)[4:]
    assert float(coarsest) > 0.1 > 0.02 > float(finest)


def test_a_preview_is_compared_with_the_whole_picture_averaged_down() -> None:
    torch.manual_seed(0)
    whole = torch.randn(2, 3, 16, 16)
    small = whole.unflatten(3, (4, 4)).unflatten(2, (4, 4)).mean(dim=(3, 5))
    assert float(losses.preview_loss([small, torch.zeros(2, 3, 8, 8), whole], 4)) == pytest.approx(0, abs=1e-12)
    assert float(losses.preview_loss([small + 0.5, torch.zeros(2, 3, 8, 8), whole], 4)) == pytest.approx(0.25)
