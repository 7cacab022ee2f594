import pytest
import torch
from torch.nn import functional

from anime_gen.stylegan2.networks import convolution, winograd
from anime_gen.stylegan2.networks.convolution import conv2d


@pytest.fixture(params=["direct", "winograd"])
def form(request, monkeypatch):
    """Both forms of the convolution, whatever the size of the map."""
    chosen = request.param == "winograd"
    monkeypatch.setattr(winograd, "pays", lambda x, weight: chosen and weight.shape[-1] == 3)
    monkeypatch.setattr(winograd, "pays_for_weight", lambda x, gradient: chosen)


def case(kernel, dtype, channels_last=False):
    generator = torch.Generator().manual_seed(kernel)
    x = torch.randn(2, 3, 8, 5, dtype=torch.float64, generator=generator).to(dtype)
    weight = torch.randn(4, 3, kernel, kernel, dtype=torch.float64, generator=generator).to(dtype)
    if channels_last:
        x = x.contiguous(memory_format=torch.channels_last)
    return x.requires_grad_(), weight.requires_grad_()


def penalty_gradients(convolve, x, weight):
    """What R1 does: the gradient of the size of a gradient, through a nonlinearity, twice."""
    y = functional.softplus(convolve(x, weight))
    (slope,) = torch.autograd.grad(
        convolve(y.square().mean(1, keepdim=True).expand(-1, 3, -1, -1), weight).sum(), x, create_graph=True
    )
    return [y.detach(), slope.detach(), *torch.autograd.grad(slope.square().sum(), (x, weight))]


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.usefixtures("form")
def test_values_and_first_and_second_gradients_equal_the_librarys_in_float64(kernel, channels_last):
    def library(x, weight):
        return functional.conv2d(x, weight, padding=kernel // 2)

    expected = penalty_gradients(library, *case(kernel, torch.float64))
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 5e-5)):
        values = penalty_gradients(conv2d, *case(kernel, dtype, channels_last))
        for value, reference in zip(values, expected, strict=True):
            assert float((value - reference).abs().max() / reference.abs().max()) < tolerance


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.usefixtures("form")
def test_gradcheck_and_gradgradcheck(kernel):
    x, weight = case(kernel, torch.float64)
    x = x.detach()[:, :, :4, :3].clone().requires_grad_()
    assert torch.autograd.gradcheck(conv2d, (x, weight))
    assert torch.autograd.gradgradcheck(conv2d, (x, weight))


@pytest.mark.usefixtures("form")
def test_the_result_may_be_changed_in_place():
    x, weight = case(3, torch.float64)
    expected = torch.autograd.grad(functional.leaky_relu(conv2d(x, weight) + 1, 0.2).sum(), (x, weight))
    changed = torch.autograd.grad(functional.leaky_relu_(conv2d(x, weight).add_(1), 0.2).sum(), (x, weight))
    for ours, reference in zip(changed, expected, strict=True):
        assert torch.allclose(ours, reference)


@pytest.mark.usefixtures("form")
def test_only_what_is_asked_for_is_computed(monkeypatch):
    x, weight = case(3, torch.float32)
    monkeypatch.setattr(convolution._WeightGradient, "apply", None)
    (gradient,) = torch.autograd.grad(conv2d(x, weight.detach()).sum(), x)
    assert gradient.shape == x.shape


def test_the_weight_takes_the_activations_precision():
    x, weight = case(3, torch.float32)
    assert conv2d(x.to(torch.bfloat16), weight).dtype == torch.bfloat16


def test_a_training_sized_map_takes_the_winograd_form_and_agrees_with_the_direct_one():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(8, 64, 32, 32, generator=generator).requires_grad_()
    weight = torch.randn(64, 64, 3, 3, generator=generator).requires_grad_()
    assert winograd.pays(x, weight)
    expected = functional.conv2d(x.double(), weight.double(), padding=1)
    y = conv2d(x, weight)
    assert float((y - expected).detach().abs().max() / expected.detach().abs().max()) < 2e-5
    for ours, reference in zip(
        torch.autograd.grad(y.square().sum(), (x, weight)),
        torch.autograd.grad(expected.square().sum(), (x, weight)),
        strict=True,
    ):
        assert float((ours - reference).abs().max() / reference.abs().max()) < 5e-5
