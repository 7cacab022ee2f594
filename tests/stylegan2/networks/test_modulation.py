import pytest
import torch
from torch.nn import functional

from anime_gen.stylegan2.networks.modulation import EPSILON, ModulatedConv2d, ToRGB, modulated_conv2d


def by_definition(x: torch.Tensor, weight: torch.Tensor, styles: torch.Tensor, demodulate: bool) -> torch.Tensor:
    """StyleGAN2, equations 1 and 3, one sample at a time."""
    results = []
    for image, style in zip(x, styles, strict=True):
        w = weight * style[None, :, None, None]
        if demodulate:
            w = w / (w.square().sum(dim=(1, 2, 3), keepdim=True) + EPSILON).sqrt()
        results.append(functional.conv2d(image[None], w, padding=w.shape[-1] // 2))
    return torch.cat(results)


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("demodulate", [True, False])
def test_equals_the_definition_in_float64(kernel: int, demodulate: bool) -> None:
    random = torch.Generator().manual_seed(1)
    x = torch.randn(4, 5, 8, 8, dtype=torch.float64, generator=random)
    weight = torch.randn(7, 5, kernel, kernel, dtype=torch.float64, generator=random)
    styles = torch.randn(4, 5, dtype=torch.float64, generator=random)
    result = modulated_conv2d(x, weight, styles, demodulate)
    torch.testing.assert_close(result, by_definition(x, weight, styles, demodulate), rtol=1e-12, atol=1e-12)


def test_demodulation_restores_unit_variance() -> None:
    random = torch.Generator().manual_seed(2)
    x = torch.randn(64, 16, 12, 12, generator=random)
    weight = torch.randn(24, 16, 3, 3, generator=random)
    styles = torch.exp2(3 * torch.randn(64, 16, generator=random))
    inner = modulated_conv2d(x, weight, styles)[:, :, 1:-1, 1:-1]  # zeros at the border take variance away
    torch.testing.assert_close(inner.var(), torch.tensor(1.0), rtol=0.05, atol=0)
    wild = modulated_conv2d(x, weight, styles, demodulate=False)
    assert wild.var() > 100


def test_gradients_of_all_inputs_twice() -> None:
    random = torch.Generator().manual_seed(3)
    inputs = tuple(
        torch.randn(*shape, dtype=torch.float64, generator=random).requires_grad_()
        for shape in ((2, 1, 3, 3), (2, 1, 3, 3), (2, 1))
    )
    assert torch.autograd.gradcheck(modulated_conv2d, inputs)
    assert torch.autograd.gradgradcheck(modulated_conv2d, inputs)


def test_layer_gain_keeps_unit_variance() -> None:
    torch.manual_seed(4)
    layer = ModulatedConv2d(32, 32, w_dim=16, resolution=12)
    x, w = torch.randn(32, 32, 12, 12), torch.randn(32, 16)
    y = layer.finish(layer.convolve(x, w), None)[:, :, 1:-1, 1:-1]
    torch.testing.assert_close(y.square().mean(), torch.tensor(1.0), rtol=0.1, atol=0)


def test_colours_equal_a_modulated_convolution_without_demodulation() -> None:
    torch.manual_seed(5)
    layer = ToRGB(6, w_dim=4).double()
    x, w = torch.randn(3, 6, 8, 8).double(), torch.randn(3, 4).double()
    weight = (layer.weight * layer.weight_gain)[:, :, None, None]
    expected = modulated_conv2d(x, weight, layer.affine(w), demodulate=False) + layer.bias.view(1, -1, 1, 1)
    torch.testing.assert_close(layer(x, w), expected, rtol=1e-12, atol=1e-12)
