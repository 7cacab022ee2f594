"""Muon: momentum whose matrices are made orthogonal before they are applied (Jordan et al. 2024).

A convolution's gradient is dominated by a few directions; equalising them lets the rare ones (a mouth corner two pixels
wide) learn in the first epochs. Here that is worth about three times the epochs of AdamW. Vectors (biases,
normalisation) get Adam.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # coefficients of the paper: singular values come within 0.7 to 1.2
ROUNDS = 5
BETAS = (0.9, 0.99)
VECTOR_SHARE = 0.2  # step of the vectors against that of the matrices


def orthogonalised(gradient: Tensor) -> Tensor:
    """The nearest matrix [a, b] with all singular values about 1, by a quintic Newton-Schulz iteration."""
    a, b, c = NEWTON_SCHULZ
    tall = gradient.shape[0] > gradient.shape[1]
    x = gradient.T if tall else gradient
    x = x / (x.norm() + 1e-7)
    for _ in range(ROUNDS):
        square = x @ x.T
        x = a * x + (b * square + c * (square @ square)) @ x
    result: Tensor = x.T if tall else x
    return result


class Muon(torch.optim.Optimizer):
    """Orthogonalised momentum for parameters with two or more axes, Adam for the others."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, momentum: float, weight_decay: float) -> None:
        every = list(parameters)
        groups: list[dict[str, Any]] = [
            {"params": [p for p in every if p.ndim > 1], "lr": lr, "weight_decay": weight_decay, "matrices": True},
            {
                "params": [p for p in every if p.ndim <= 1],
                "lr": lr * VECTOR_SHARE,
                "weight_decay": 0.0,
                "matrices": False,
            },
        ]
        super().__init__(groups, {"momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One update; a closure is not used."""
        for group in self.param_groups:
            update = self._matrix if group["matrices"] else self._vector
            for parameter in group["params"]:
                if parameter.grad is not None:
                    update(parameter, group)

    def _matrix(self, parameter: Tensor, group: dict[str, Any]) -> None:
        state, gradient = self.state[parameter], parameter.grad
        assert gradient is not None
        velocity = state.setdefault("velocity", torch.zeros_like(parameter))
        velocity.mul_(group["momentum"]).add_(gradient)
        ahead = (gradient + group["momentum"] * velocity).flatten(1)  # Nesterov
        step = orthogonalised(ahead) * max(1.0, ahead.shape[0] / ahead.shape[1]) ** 0.5
        parameter.mul_(1.0 - group["lr"] * group["weight_decay"])
        parameter.add_(step.view(parameter.shape), alpha=-group["lr"])

    def _vector(self, parameter: Tensor, group: dict[str, Any]) -> None:
        state, gradient = self.state[parameter], parameter.grad
        assert gradient is not None
        mean = state.setdefault("mean", torch.zeros_like(parameter)).lerp_(gradient, 1.0 - BETAS[0])
        square = state.setdefault("square", torch.zeros_like(parameter)).lerp_(gradient.square(), 1.0 - BETAS[1])
        state["steps"] = steps = state.get("steps", 0) + 1
        root = (square / (1.0 - BETAS[1] ** steps)).sqrt() + 1e-8
        parameter.addcdiv_(mean / (1.0 - BETAS[0] ** steps), root, value=-group["lr"])
