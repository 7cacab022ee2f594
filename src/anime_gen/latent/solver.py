"""The formula at the core of every edit: the smallest likely step that changes what is asked and holds the rest.

In whitened coordinates (S = I) it is dw = R^T (R R^T + l I)^-1 d, with the asked rows and the held rows of the Jacobian
stacked in R, and d zero for the held ones. With one asked row and nothing held it is the plain regression normal.
"""

import torch


def constrained_step(
    asked: torch.Tensor,
    change: torch.Tensor,
    held: torch.Tensor,
    drift: torch.Tensor,
    *,
    damping: float,
    max_stretch: float,
    firm: torch.Tensor | None = None,
) -> torch.Tensor:
    """Step [p] with asked @ step = change, as far as rows held [h, p] allow, which are to change by `drift` [h].

    `asked` [m, p] and `held` are in standard deviations of their columns; held rows come weighted (a row scaled by a
    small weight is held loosely). The damped step is scaled to reach `change`; where holding would make it longer than
    `max_stretch` times the free step, the hold is loosened until it is not. Rows that are `firm` [h] never are.
    """
    if firm is None:
        firm = torch.zeros(len(held), dtype=torch.bool)

    def step_at(loosening: float) -> torch.Tensor:
        share = torch.where(firm, 1.0, loosening)
        rows = torch.cat([asked, share[:, None] * held])
        return _scaled(_damped(rows, torch.cat([change, share * drift]), damping), asked, change)

    free = step_at(0.0)
    limit = max(max_stretch * float(free.norm()), 1e-9)
    tried = (step_at(loosening) for loosening in (1.0, 0.5, 0.25, 0.1))
    return next((step for step in tried if float(step.norm()) <= limit), free)


def _damped(rows: torch.Tensor, change: torch.Tensor, damping: float) -> torch.Tensor:
    gram = rows @ rows.T + damping * torch.eye(len(rows))
    result: torch.Tensor = rows.T @ torch.linalg.solve(gram, change)
    return result


def _scaled(step: torch.Tensor, asked: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
    """Scale `step` so that its predicted change has the asked length; damping alone would fall short of it.

    A step whose prediction is next to nothing (an attribute the latents do not explain) stays as it is, not blown up.
    """
    reached = asked @ step
    overlap = float(reached @ change)
    length = float(change @ change)
    if length == 0.0 or overlap <= 0.02 * length:
        return step
    return step * (length / overlap)
