"""3x3 convolution with half of the products: Winograd's F(4, 3) along the rows (Lavin and Gray 2016, section 4.1).

Four output rows need six products with transformed rows instead of twelve. Along the columns nothing changes, so each
of the six products is an ordinary 1x3 convolution of a quarter of the picture, which the library runs at full speed;
the transforms are sums of whole rows. The two-dimensional F(4x4, 3x3) saves another half of the products, but its
transforms move 2.25 times the data through memory: measured, it lost to this form below 512 channels.

Float32 only: the rounding error grows to about 5e-6 of the largest value. The two functions here are the forward pass
and the weight's gradient; `convolution.py` makes a differentiable operation of them.
"""

from collections.abc import Sequence

import torch
from torch.nn import functional

TILE = 4  # output rows of one tile
_KERNEL_TRANSFORM = (  # G of F(4, 3)
    (1 / 4, 0.0, 0.0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0.0, 0.0, 1.0),
)
_CHUNK_BYTES = 2 << 20  # of the input; the intermediate rows of a chunk then stay in the cache


def pays(x: torch.Tensor, weight: torch.Tensor) -> bool:
    """Whether `forward` beats the library for this input [n, in, h, w] and weight [out, in, k, k].

    A rule found by timing, but a pure function of the shapes: a resumed run must choose as the interrupted one did.
    """
    if weight.shape[-1] != 3 or x.dtype != torch.float32:
        return False
    return _pays(x, min(weight.shape[:2]), 1 << 18)


def pays_for_weight(x: torch.Tensor, gradient: torch.Tensor) -> bool:
    """Whether `weight_gradient` beats the library."""
    return x.dtype == torch.float32 and _pays(x, min(x.shape[1], gradient.shape[1]), 1 << 19)


def _pays(x: torch.Tensor, channels: int, volume: int) -> bool:
    n, _, height, width = x.shape
    pixels = n * height * width
    return height % TILE == 0 and channels >= 64 and pixels >= 1024 and pixels * channels >= volume


def forward(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Convolve x [n, in, h, w] with weight [out, in, 3, 3], padded with zeros; h must be a multiple of 4.

    The result is in channels_last memory format.
    """
    return forward_transformed(x, transform_kernel(weight))


def forward_transformed(x: torch.Tensor, kernels: Sequence[torch.Tensor]) -> torch.Tensor:
    """`forward` with the result of `transform_kernel`, for weights that do not change."""
    n, _, height, width = x.shape
    rows = x.permute(0, 2, 3, 1).contiguous()  # [n, h, w, in]
    shape = (n, kernels[0].shape[0], height, width)
    out = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    out_rows = out.permute(0, 2, 3, 1)
    for part in _chunks(rows):
        planes = _transform_input(rows[part])
        products = [
            _rows(functional.conv2d(_maps(plane), kernel, padding=(0, 1)))
            for plane, kernel in zip(planes, kernels, strict=True)
        ]
        _transform_output(products, out_rows[part])
    return out


def transform_kernel(weight: torch.Tensor) -> Sequence[torch.Tensor]:
    """Six kernels [out, in, 1, 3] from one [out, in, 3, 3]."""
    transform = torch.tensor(_KERNEL_TRANSFORM, dtype=weight.dtype, device=weight.device)
    kernels = torch.einsum("pk,oikx->poxi", transform, weight).contiguous()  # channels last
    return kernels.permute(0, 1, 3, 2).unsqueeze(3).unbind()


def weight_gradient(x: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """Gradient [out, in, 3, 3] of the weight for an input x [n, in, h, w] and an output's gradient [n, out, h, w]."""
    channels = (gradient.shape[1], x.shape[1])
    rows, gradient_rows = (v.permute(0, 2, 3, 1).contiguous() for v in (x, gradient))
    shape = torch.empty(*channels, 1, 3, dtype=x.dtype, device=x.device).contiguous(memory_format=torch.channels_last)
    total: list[torch.Tensor] = []
    for part in _chunks(rows):
        inputs, outputs = _transform_input(rows[part]), _transform_gradient(gradient_rows[part])
        grads = [_kernel_gradient(_maps(v), _maps(d), shape) for v, d in zip(inputs, outputs, strict=True)]
        total = grads if not total else [a.add_(b) for a, b in zip(total, grads, strict=True)]
    transform = torch.tensor(_KERNEL_TRANSFORM, dtype=x.dtype, device=x.device)
    return torch.einsum("pk,poix->oikx", transform, torch.stack(total).squeeze(3))


def _chunks(rows: torch.Tensor) -> list[slice]:
    size = max(1, _CHUNK_BYTES // (rows[0].numel() * rows.element_size()))
    return [slice(start, start + size) for start in range(0, rows.shape[0], size)]


def _maps(rows: torch.Tensor) -> torch.Tensor:
    return rows.permute(0, 3, 1, 2)


def _rows(maps: torch.Tensor) -> torch.Tensor:
    return maps.permute(0, 2, 3, 1)


def _transform_input(rows: torch.Tensor) -> torch.Tensor:
    """B^T d: rows [n, h, w, c] -> six planes [6, n, h / 4, w, c]; row -1 and row h are zero."""
    n, height, width, channels = rows.shape
    planes = rows.new_empty(6, n, height // TILE, width, channels)
    d1, d2, d3, d4 = (rows[:, k::TILE] for k in range(TILE))
    d0 = functional.pad(d4[:, :-1], (0, 0, 0, 0, 1, 0))  # the row above each tile
    d5 = functional.pad(d1[:, 1:], (0, 0, 0, 0, 0, 1))  # the row below it
    even, odd = d4 - d2, d3 - d1
    torch.add(d0, d2, alpha=-1, out=planes[0]).mul_(4).add_(even)
    torch.add(d4, d2, alpha=-4, out=planes[2])
    twice = torch.add(d3, d1, alpha=-4)
    torch.add(planes[2], twice, out=planes[1])
    planes[2].sub_(twice)
    torch.add(even, odd, alpha=2, out=planes[3])
    torch.add(even, odd, alpha=-2, out=planes[4])
    torch.sub(d5, d3, out=planes[5]).sub_(odd, alpha=4)
    return planes


def _transform_output(products: Sequence[torch.Tensor], out: torch.Tensor) -> None:
    """A^T m: six products [n, h / 4, w, c] -> out [n, h, w, c]. The products are used up."""
    m0, m1, m2, m3, m4, m5 = products
    even, odd = m1 + m2, m1.sub_(m2)
    fourfold, double = m3 + m4, m3.sub_(m4)
    torch.add(m0.add_(even), fourfold, out=out[:, 0::TILE])
    torch.add(odd, double, alpha=2, out=out[:, 1::TILE])
    torch.add(even, fourfold, alpha=4, out=out[:, 2::TILE])
    torch.add(m5.add_(odd), double, alpha=8, out=out[:, 3::TILE])


def _transform_gradient(rows: torch.Tensor) -> torch.Tensor:
    """A g: an output's gradient [n, h, w, c] -> that of the six products [6, n, h / 4, w, c]."""
    n, height, width, channels = rows.shape
    planes = rows.new_empty(6, n, height // TILE, width, channels)
    g0, g1, g2, g3 = (rows[:, k::TILE] for k in range(TILE))
    planes[0].copy_(g0)
    planes[5].copy_(g3)
    even, odd = g0 + g2, g1 + g3
    torch.add(even, odd, out=planes[1])
    torch.sub(even, odd, out=planes[2])
    even.add_(g2, alpha=3)
    torch.add(g1, g3, alpha=4, out=odd)
    torch.add(even, odd, alpha=2, out=planes[3])
    torch.sub(even, odd, alpha=2, out=planes[4])
    return planes


def _kernel_gradient(x: torch.Tensor, gradient: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Weight gradient of a 1x3 convolution."""
    _, grad, _ = torch.ops.aten.convolution_backward(
        gradient, x, like, None, [1, 1], [0, 1], [1, 1], False, [0, 0], 1, [False, True, False]
    )
    result: torch.Tensor = grad
    return result
