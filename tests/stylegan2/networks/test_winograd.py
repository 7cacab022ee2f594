import pytest
import torch
from torch.nn import functional

from anime_gen.stylegan2.networks import winograd

SHAPES = [(1, 3, 5, 4, 4), (2, 8, 8, 8, 12), (3, 16, 4, 16, 7), (5, 4, 6, 12, 1)]  # n, in, out, height, width


def random(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(sum(shape)))


def relative_error(value, expected):
    return float((value - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize(("n", "inputs", "outputs", "height", "width"), SHAPES)
@pytest.mark.parametrize("chunk_bytes", [1, 1 << 30])
def test_equals_the_direct_convolution(monkeypatch, n, inputs, outputs, height, width, chunk_bytes):
    monkeypatch.setattr(winograd, "_CHUNK_BYTES", chunk_bytes)
    x, weight = random(n, inputs, height, width), random(outputs, inputs, 3, 3)
    expected = functional.conv2d(x, weight, padding=1)
    assert relative_error(winograd.forward(x, weight), expected) < 1e-13
    assert relative_error(winograd.forward(x.float(), weight.float()), expected) < 2e-5


@pytest.mark.parametrize(("n", "inputs", "outputs", "height", "width"), SHAPES)
@pytest.mark.parametrize("chunk_bytes", [1, 1 << 30])
def test_weight_gradient_equals_the_direct_one(monkeypatch, n, inputs, outputs, height, width, chunk_bytes):
    monkeypatch.setattr(winograd, "_CHUNK_BYTES", chunk_bytes)
    x, gradient = random(n, inputs, height, width), random(n, outputs, height, width)
    weight = random(outputs, inputs, 3, 3).requires_grad_()
    (expected,) = torch.autograd.grad(functional.conv2d(x, weight, padding=1), weight, gradient)
    assert relative_error(winograd.weight_gradient(x, gradient), expected) < 1e-13
    assert relative_error(winograd.weight_gradient(x.float(), gradient.float()), expected) < 2e-5


def test_the_input_is_left_as_it_was():
    x, gradient, weight = random(2, 4, 8, 8), random(2, 4, 8, 8), random(4, 4, 3, 3)
    copies = [v.clone() for v in (x, gradient, weight)]
    winograd.forward(x, weight)
    winograd.weight_gradient(x, gradient)
    assert all(torch.equal(a, b) for a, b in zip((x, gradient, weight), copies, strict=True))


def test_the_result_is_channels_last():
    assert winograd.forward(random(2, 4, 8, 8), random(6, 4, 3, 3)).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("shape", "kernel", "dtype", "expected"),
    [
        ((16, 128, 16, 16), 3, torch.float32, True),
        ((16, 128, 16, 16), 1, torch.float32, False),
        ((16, 128, 16, 16), 3, torch.float64, False),
        ((16, 128, 16, 16), 3, torch.bfloat16, False),
        ((16, 32, 16, 16), 3, torch.float32, False),
        ((1, 128, 4, 4), 3, torch.float32, False),
        ((400, 128, 2, 2), 3, torch.float32, False),
    ],
)
def test_it_is_chosen_for_large_float32_maps_only(shape, kernel, dtype, expected):
    x = torch.empty(shape, dtype=dtype, device="meta")
    assert winograd.pays(x, torch.empty(shape[1], shape[1], kernel, kernel, dtype=dtype, device="meta")) is expected
