"""Adam without momentum over one flat vector of parameters.

All parameters of a network are views into one vector, and so are their gradients: an update is a handful of operations
however many layers there are, a step with NaN is skipped on the device without asking the host, and the whole state is
three tensors.
"""

import torch
from torch import nn

from anime_gen.stylegan2.training.growth import is_active


@torch.no_grad()
def flatten(module: nn.Module) -> torch.Tensor:
    """Move all parameters of a module into one vector and make them views of it."""
    parameters = list(module.parameters())
    values = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
    offset = 0
    for parameter in parameters:
        end = offset + parameter.numel()
        parameter.data = values[offset:end].view_as(parameter)
        offset = end
    return values


class FlatAdam:
    """Adam with beta1 = 0 (StyleGAN2): p <- p - lr * g / (sqrt(v_hat) + epsilon).

    The bias of v is corrected per parameter tensor by `mass`, because blocks join later when a network grows.
    """

    def __init__(self, module: nn.Module, beta2: float, epsilon: float) -> None:
        self.beta2, self.epsilon = beta2, epsilon
        self.values = flatten(module)
        named = list(module.named_parameters())
        device = self.values.device
        self.names = [name for name, _ in named]
        self.sizes = torch.tensor([parameter.numel() for _, parameter in named], device=device)
        self.gradient = torch.zeros_like(self.values)
        self.total = torch.zeros_like(self.values, dtype=torch.float64)  # over parts and workers, in whatever order
        self.square = torch.zeros_like(self.values)
        self.mass = torch.zeros(len(named), device=device)
        self.active = torch.ones(len(named), device=device)
        self.bad_steps = torch.zeros((), device=device)
        offset = 0
        for _, parameter in named:
            end = offset + parameter.numel()
            parameter.grad = self.gradient[offset:end].view_as(parameter)
            offset = end

    def set_resolution(self, resolution: int) -> None:
        """Count updates only of the parameters that take part at this resolution."""
        self.active.copy_(torch.tensor([float(is_active(name, resolution)) for name in self.names]))

    def zero_grad(self) -> None:
        """Forget the gradients."""
        self.gradient.zero_()
        self.total.zero_()

    def add_part(self) -> None:
        """Take the gradient of a part of the batch into the total and begin the next part.

        In double precision sums of float32 hardly depend on their order, so that any number of workers takes the step
        that one takes, to the bit; in float32 the last bit differs, and an adversarial game multiplies that.
        """
        self.total += self.gradient
        self.gradient.zero_()

    def take_total(self) -> None:
        """Go on with the total as the gradient."""
        self.gradient.copy_(self.total)

    @torch.no_grad()
    def step(self, lr: float, beta2: float | None = None) -> torch.Tensor:
        """Update once; return 1.0 if done, 0.0 if a gradient was not finite and it was skipped on the device."""
        finite = self.gradient.sum().isfinite().to(self.gradient.dtype)
        gradient = self.gradient.nan_to_num_(0.0, 0.0, 0.0).mul_(finite)
        weight = finite * (1.0 - (self.beta2 if beta2 is None else beta2))
        self.square.lerp_(gradient * gradient, weight)
        self.mass.lerp_(self.active.maximum(self.mass), weight)
        correction = self.mass.clamp_min(1e-12).rsqrt().repeat_interleave(self.sizes, output_size=self.values.numel())
        denominator = self.square.sqrt().mul_(correction).add_(self.epsilon)
        self.values.addcdiv_(gradient, denominator, value=-lr)
        self.bad_steps += 1.0 - finite
        return finite

    def state(self) -> dict[str, torch.Tensor]:
        """The tensors to save, beside the parameters themselves."""
        return {"values": self.values, "square": self.square, "mass": self.mass, "bad_steps": self.bad_steps}
