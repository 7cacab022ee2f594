"""The one place where a dense convolution of the networks happens.

On a CPU the convolution, its input gradient and its weight gradient are three operations of our own. Each is linear in
both arguments, and the derivatives of each are the other two, so the set is closed: any number of derivatives costs
ordinary convolutions only. (The library's own second derivative, which R1 and path length need, is not written for
speed.) It also lets every one of them take the Winograd form where that is faster.
"""

from typing import Any

import torch
from torch.nn import functional

from anime_gen.stylegan2.networks import winograd


def conv2d(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Convolve `x` [n, in, h, w] with `weight` [out, in, k, k], k odd, padded with zeros to the same size.

    The weight is cast to the activation's precision. Differentiable any number of times.
    """
    weight = weight.to(x.dtype)
    if x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64):
        result: torch.Tensor = _Convolution.apply(x, weight)
        return result
    return functional.conv2d(x, weight, padding=weight.shape[-1] // 2)


class _Convolution(torch.autograd.Function):
    """(x, weight) -> y."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        if winograd.pays(x, weight):
            return winograd.forward(x, weight)
        return functional.conv2d(x, weight, padding=weight.shape[-1] // 2)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:
        x, weight = ctx.saved_tensors
        for_x, for_weight = ctx.needs_input_grad
        return (
            _InputGradient.apply(gradient, weight) if for_x else None,
            _WeightGradient.apply(x, gradient, weight.shape[-1]) if for_weight else None,
        )


class _InputGradient(torch.autograd.Function):
    """(dy, weight) -> dx: the convolution with the weight turned by 180 degrees and its channels exchanged."""

    @staticmethod
    def forward(ctx: Any, gradient: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(gradient, weight)
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        turned = weight.transpose(0, 1).flip(2, 3)
        if winograd.pays(gradient, turned):
            return winograd.forward(gradient, turned)
        n, _, height, width = gradient.shape
        like = _unwritten(gradient, (n, weight.shape[1], height, width))
        return _library_gradient(gradient, like, weight, of_input=True)

    @staticmethod
    def backward(ctx: Any, cotangent: torch.Tensor) -> Any:
        gradient, weight = ctx.saved_tensors
        for_gradient, for_weight = ctx.needs_input_grad
        return (
            _Convolution.apply(cotangent, weight) if for_gradient else None,
            _WeightGradient.apply(cotangent, gradient, weight.shape[-1]) if for_weight else None,
        )


class _WeightGradient(torch.autograd.Function):
    """(x, dy) -> dweight, for a kernel of the given size."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, gradient: torch.Tensor, kernel: int) -> torch.Tensor:
        ctx.save_for_backward(x, gradient)
        gradient = gradient.contiguous(memory_format=torch.channels_last)
        if kernel == 3 and winograd.pays_for_weight(x, gradient):
            return winograd.weight_gradient(x, gradient)
        like = _unwritten(x, (gradient.shape[1], x.shape[1], kernel, kernel))
        return _library_gradient(gradient, x, like, of_input=False)

    @staticmethod
    def backward(ctx: Any, cotangent: torch.Tensor) -> Any:
        x, gradient = ctx.saved_tensors
        for_x, for_gradient, _ = ctx.needs_input_grad
        return (
            _InputGradient.apply(gradient, cotangent) if for_x else None,
            _Convolution.apply(x, cotangent) if for_gradient else None,
            None,
        )


def _unwritten(like: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """A tensor of which the library reads shape and memory format only."""
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)


def _library_gradient(gradient: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, of_input: bool) -> torch.Tensor:
    padding = weight.shape[-1] // 2
    grads = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, [1, 1], [padding] * 2, [1, 1], False, [0, 0], 1, [of_input, not of_input, False]
    )
    result: torch.Tensor = grads[0] if of_input else grads[1]
    return result
