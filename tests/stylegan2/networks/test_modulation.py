import torch
from torch.nn import functional

from anime_gen.stylegan2.networks.equalized import ACTIVATION_GAIN
from anime_gen.stylegan2.networks.modulation import EPSILON, ModulatedConv2d, ToRGB


def by_definition(x: torch.Tensor, weight: torch.Tensor, styles: torch.Tensor, demodulate: bool) -> torch.Tensor:
    """StyleGAN2, equations 1 and 3, one sample at a time."""
    results = []
    for image, style in zip(x, styles, strict=True):
        w = weight * style[None, :, None, None]
        if demodulate:
            w = w / (w.square().sum(dim=(1, 2, 3), keepdim=True) + EPSILON).sqrt()
        results.append(functional.conv2d(image[None], w, padding=w.shape[-1] // 2))
    return torch.cat(results)


def test_equals_the_definition_in_float64() -> None:
    torch.manual_seed(1)
    layer = ModulatedConv2d(5, 7, w_dim=6, resolution=8).double()
    torch.nn.init.normal_(layer.bias)
    x, w = torch.randn(4, 5, 8, 8).double(), torch.randn(4, 6).double()
    expected = by_definition(x, layer.weight * layer.weight_gain, layer.affine(w), demodulate=True)
    expected = (expected + layer.bias.view(1, -1, 1, 1)) * ACTIVATION_GAIN
    torch.testing.assert_close(layer.convolve(x, w), expected, rtol=1e-10, atol=1e-10)


def test_demodulation_restores_unit_variance_whatever_the_styles() -> None:
    torch.manual_seed(2)
    layer = ModulatedConv2d(16, 24, w_dim=16, resolution=12)
    x, w = torch.randn(64, 16, 12, 12), 8 * torch.randn(64, 16)
    inner = layer.convolve(x, w)[:, :, 1:-1, 1:-1] / ACTIVATION_GAIN  # zeros at the border take variance away
    torch.testing.assert_close(inner.var(), torch.tensor(1.0), rtol=0.05, atol=0)
    assert by_definition(x, layer.weight * layer.weight_gain, layer.affine(w), demodulate=False).var() > 20


def test_gradients_of_all_inputs_twice() -> None:
    torch.manual_seed(3)
    layer = ModulatedConv2d(1, 2, w_dim=2, resolution=3).double()
    inputs = tuple(torch.randn(*shape).double().requires_grad_() for shape in ((2, 1, 3, 3), (2, 2)))
    assert torch.autograd.gradcheck(layer.convolve, inputs)
    assert torch.autograd.gradgradcheck(layer.convolve, inputs)


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
    expected = by_definition(x, weight, layer.affine(w), demodulate=False) + layer.bias.view(1, -1, 1, 1)
    torch.testing.assert_close(layer(x, w), expected, rtol=1e-12, atol=1e-12)
