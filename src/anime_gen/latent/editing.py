"""Move attributes of a character: `edit` at once by the linear fit, `solve` by correcting against the true read-out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from anime_gen.latent.directions import Directions
from anime_gen.latent.fitting import SMALLEST_SCALE, active_coordinates, held_rows, standardised
from anime_gen.latent.protocols import Painter, Reader
from anime_gen.latent.readings import SURE_LOGIT, Wish, ask, turn, values_of
from anime_gen.latent.solver import constrained_step

LOCKED = 4.0
"""Weight of a column the artist locked; an unlocked one has at most 1."""
Targets = Mapping[str, Wish | Sequence[Wish]]


@dataclass(frozen=True)
class Solved:
    """Outcome of `solve`: ws [n, num_ws, w_dim], the tagger's values of it, and what was asked but not reached.

    error [n]: distance to the targets in standard deviations; readings: how many pictures of each row were made.
    """

    ws: torch.Tensor
    measured: dict[str, np.ndarray]
    error: np.ndarray
    readings: int


def edit(ws: torch.Tensor, directions: Directions, changes: Mapping[str, Wish]) -> torch.Tensor:
    """Move by `changes`, at once and without making a picture; moves of several attributes add up.

    continuous: by that many units; binary: by that share of the way from "surely not" to "surely" (-1..1);
    cyclic: by that many degrees; categorical: towards the class of that name. ws [n, num_ws, w_dim].
    """
    result = ws
    for name, change in changes.items():
        attribute = directions.attribute(name)
        where = directions.rows(name)
        if attribute.kind == "categorical":
            result = edit_to(result, directions, {name: change})
        elif attribute.kind == "cyclic":
            now = directions.predict(ws)[:, where]
            angle = torch.atan2(now[:, 1], now[:, 0]) + np.radians(float(change))
            turned = torch.stack([angle.cos(), angle.sin()], 1) - now
            result = result + directions.space.move(turned @ directions.moves[where])
        else:
            unit = 2.0 * SURE_LOGIT if attribute.kind == "binary" else 1.0
            result = result + float(change) * unit * directions.vector(name)
    return result


def edit_to(
    ws: torch.Tensor,
    directions: Directions,
    targets: Targets,
    locks: Collection[str] | None = None,
    readout: torch.Tensor | None = None,
) -> torch.Tensor:
    """Move to absolute targets by one linear step; `readout` [n, c] is the measured start (else it is predicted).

    The instant preview of `solve`: same rows, same locks, same budgets, no picture made.
    """
    problem = _Problem(directions, targets, locks, len(ws))
    start = directions.space.coordinates(ws)
    now = directions.predict(ws) if readout is None else readout
    jacobians = standardised(directions).expand(len(ws), -1, -1)
    step = problem.steps(jacobians, now, now, np.ones(len(ws)))
    return ws + directions.space.move(directions.space.confine(start, step, problem.budget))


def solve(
    painter: Painter,
    tagger: Reader,
    directions: Directions,
    ws: torch.Tensor,
    targets: Targets,
    locks: Collection[str] | None = None,
    steps: int = 3,
) -> Solved:
    """Move characters ws [n, num_ws, w_dim] until the taggers read `targets` off the picture.

    `targets`: attribute -> value, or a sequence of n values. All others are held, and `locks` are held
    more firmly and never loosened. Gauss-Newton steps on the true read-out, the Jacobian corrected after each by what
    the picture did (Broyden's update); a step that makes it worse is halved. Stops at the identity budget. Makes
    steps + 1 pictures of each character. Raises ValueError for an unknown attribute or an impossible value.
    """
    problem = _Problem(directions, targets, locks, len(ws))
    origin = directions.space.coordinates(ws)
    first = _read(painter, tagger, ws)
    best = _Point(torch.zeros_like(origin), first, problem.loss(first, first))
    jacobians = standardised(directions).repeat(len(ws), 1, 1)
    trust = torch.ones(len(ws), 1)
    for number in range(steps):
        share = np.ones(len(ws)) if number else problem.first_share(first)
        step = trust * problem.steps(jacobians, best.readout, first, share)
        moved = directions.space.confine(origin, best.moved + step, problem.budget)
        readout = _read(painter, tagger, ws + directions.space.move(moved))
        tried = _Point(moved, readout, problem.loss(readout, first))
        jacobians = _corrected(jacobians, moved - best.moved, problem.normalise(readout - best.readout))
        better = (tried.loss < best.loss)[:, None]
        trust = torch.where(better, 1.0, 0.5 * trust)
        best = _Point(
            torch.where(better, tried.moved, best.moved),
            torch.where(better, tried.readout, best.readout),
            torch.where(better[:, 0], tried.loss, best.loss),
        )
    measured = values_of(directions.vocabulary, directions.columns, best.readout)
    missing = problem.missing(best.readout).numpy()
    return Solved(ws + directions.space.move(best.moved), measured, missing, steps + 1)


@dataclass(frozen=True)
class _Point:
    moved: torch.Tensor  # [n, p]
    readout: torch.Tensor  # [n, c]
    loss: torch.Tensor  # [n]


class _Problem:
    """Targets, locks and weights of one edit, for a batch of n characters."""

    def __init__(self, directions: Directions, targets: Targets, locks: Collection[str] | None, n: int) -> None:
        if not targets:
            raise ValueError(f"nothing to change: name at least one of {', '.join(directions.attributes)}")
        self.directions = directions
        self.attributes = {name: directions.attribute(name) for name in targets}
        ordered = [name for name in directions.attributes if name in targets]  # never the order of the clicks
        self.wishes = {name: _each(name, targets[name], n) for name in ordered}
        self.slices = directions.slices
        self.scale = directions.scale.clamp_min(SMALLEST_SCALE)
        self.budget = float(directions.settings.get("identity_budget", 0.4))
        self.damping = float(directions.settings.get("damping", 0.05))
        self.max_stretch = float(directions.settings.get("max_stretch", 3.0))
        self.weights = self._weights(set(targets), locks)
        share = float(directions.settings.get("min_layer_share", 0.0))
        active = [active_coordinates(directions, name, share) for name in targets]
        self.active = torch.stack(active).any(0)

    def _weights(self, moved: set[str], locks: Collection[str] | None) -> torch.Tensor:
        weights = held_rows(self.directions, moved)
        for name in locks or ():
            self.directions.attribute(name)
            if name in moved:
                raise ValueError(f"{name} is locked and asked to change at once: unlock it or leave it out")
            weights[self.slices[name]] = LOCKED
        return torch.where(self.directions.scale > SMALLEST_SCALE, weights, 0.0)

    def normalise(self, readout: torch.Tensor) -> torch.Tensor:
        return torch.where(self.directions.scale > SMALLEST_SCALE, readout / self.scale, 0.0)

    def asked(self, readout: torch.Tensor, i: int, share: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Rows over normalised columns [m, c] and the change of each [m] that character i still needs."""
        rows, changes = [], []
        for name, wishes in self.wishes.items():
            wanted = ask(self.attributes[name], self.slices[name], readout, wishes[i], share)
            weighted = wanted.rows * self.scale
            unit = weighted.norm(dim=1, keepdim=True).clamp_min(SMALLEST_SCALE)
            rows.append(weighted / unit)
            changes.append(wanted.change / unit[:, 0])
        return torch.cat(rows), torch.cat(changes)

    def steps(self, jacobians: torch.Tensor, now: torch.Tensor, first: torch.Tensor, share: np.ndarray) -> torch.Tensor:
        """Gauss-Newton step of each character, [n, p], over `share` [n] of a hue's way; held columns are led back."""
        drift = self.normalise(first - now)
        held = self.weights > 0.0
        steps = []
        for i in range(len(now)):
            rows, change = self.asked(now[i], i, float(share[i]))
            jacobian = jacobians[i] * self.active
            steps.append(
                constrained_step(
                    rows @ jacobian,
                    change,
                    jacobian[held] * self.weights[held, None],
                    drift[i, held] * self.weights[held],
                    damping=self.damping,
                    max_stretch=self.max_stretch,
                    firm=self.weights[held] >= LOCKED,
                )
            )
        return torch.stack(steps)

    def missing(self, readout: torch.Tensor) -> torch.Tensor:
        """Distance [n] to the targets in standard deviations of their columns."""
        return torch.stack([self.asked(readout[i], i, 1.0)[1].norm() for i in range(len(readout))])

    def loss(self, readout: torch.Tensor, first: torch.Tensor) -> torch.Tensor:
        """What a step is to lower: squared distance to the targets, and, far lighter, squared drift of the rest."""
        drift = self.normalise(readout - first) * self.weights
        return self.missing(readout) ** 2 + 0.1 * (drift**2).mean(1)

    def first_share(self, readout: torch.Tensor) -> np.ndarray:
        """How much of the way a hue goes in the first step, [n]: half of it where it turns by more than a quarter."""
        share = np.ones(len(readout))
        for name, attribute in self.attributes.items():
            if attribute.kind == "cyclic":
                now = readout[:, self.slices[name]]
                angle = torch.rad2deg(torch.atan2(now[:, 1], now[:, 0])).numpy()
                goal = np.array([float(wish) for wish in self.wishes[name]])
                share[np.abs(turn(angle, goal)) > 90.0] = 0.5
        return share


def _each(name: str, wish: Wish | Sequence[Wish], n: int) -> Sequence[Wish]:
    if isinstance(wish, str) or not isinstance(wish, Sequence | np.ndarray):
        return [wish] * n
    if len(wish) != n:
        raise ValueError(f"{name}: {len(wish)} targets for {n} characters; give one value, or one for each")
    return wish


def _read(painter: Painter | Callable[[torch.Tensor], torch.Tensor], tagger: Reader, ws: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        readout = tagger.readout(painter(ws)).float().cpu()
    return readout.clone()


def _corrected(jacobians: torch.Tensor, step: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
    """Broyden's rank-one update: the Jacobian nearest to the old one that explains what this step did."""
    length = (step**2).sum(1).clamp_min(1e-9)
    surprise = change - torch.einsum("ncp,np->nc", jacobians, step)
    updated = jacobians + surprise[:, :, None] * (step / length[:, None])[:, None, :]
    return torch.where((step.norm(dim=1) > 1e-4)[:, None, None], updated, jacobians)
