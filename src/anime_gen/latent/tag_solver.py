"""Edit a character of a conditional generator: its tags change, z and psi stay, until the picture reads as asked.

Gauss-Newton on the tag vector against the true read-out. The Jacobian is the fitted response of the read-out to the
tags, corrected after each picture by what it did (Broyden 1965); steps stay where tags occur. Of all the pictures seen
the best one is taken that keeps every lock and the drift budget, so a move never trades away what the artist holds.
Where pictures are larger than what the sub-models look at, steps are tried on a preview, whose read-out is put right
by what it differed from the whole picture's at the start and wherever the move means to end.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import torch

from anime_gen.latent.directions import Directions
from anime_gen.latent.outcome import AS_ASKED, Outcome
from anime_gen.latent.protocols import Painter, Reader
from anime_gen.latent.readings import Wish
from anime_gen.latent.tag_problem import Point, TagProblem, reachable
from anime_gen.latent.tag_wishes import TagWishes
from anime_gen.stylegan2.networks.condition import ConditionNetwork

STEPS = 7
"""Most corrections of a move."""
ENOUGH_STEPS = 4
"""After so many it is done where all wishes are met, though something else could still be led back."""
DAMPING = 0.05
MARGIN = 0.1
"""How far tags may go beyond those of the table, as a share of their range."""
PRECISION = 0.005
"""A shortfall below this needs no further picture once nothing drifts by more than `CALM`."""
CALM = 0.03
LOCK_CALM = 0.003
"""The same of a locked attribute, whose hold is worth further pictures."""
SMALLEST_GAIN = 0.01
"""A tag that moves its attribute by less than this share of its range a deviation says nothing of how far to go."""
SHARES = (0.75, 0.5, 0.25)
"""Parts of the way that are tried where the whole of it costs too much."""


@dataclass(frozen=True)
class TagSolved:
    """Outcome of a move through g: ws [1, num_ws, w_dim] and tags [1, k], what became of each wish.

    readings: pictures made on the way, not counting the start.
    """

    ws: torch.Tensor
    tags: torch.Tensor
    outcomes: dict[str, Outcome]
    readings: int


class TagSolver:
    """Edits one generator's characters through its condition network."""

    def __init__(
        self,
        painter: Painter,
        network: ConditionNetwork,
        columns: tuple[str, ...],
        tagger: Reader,
        directions: Directions,
        preview: Painter | None = None,
    ) -> None:
        """`preview` paints smaller pictures than `painter` does, and sooner."""
        if directions.tags is None:
            raise ValueError("these directions were fitted without tags; run `kedro run --pipelines=directions`")
        self.painter, self.network, self.tagger, self.directions = painter, network, tagger, directions
        self.preview = preview
        self.response = directions.tags
        self.tools = TagWishes(network, columns, directions)
        span = self.tools.high - self.tools.low
        self.low, self.high = self.tools.low - MARGIN * span, self.tools.high + MARGIN * span
        self._last: tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None = None

    def solve(
        self,
        ws: torch.Tensor,
        tags: torch.Tensor | None,
        targets: Mapping[str, Wish],
        locks: Collection[str] = (),
        steps: int = STEPS,
    ) -> TagSolved:
        """Change the tags [1, k] that ws [1, num_ws, w_dim] was made with until `targets` are read.

        Without tags, those read off the picture stand in for them. Makes at most `steps` corrections. Wishes are solved
        together: their order says nothing. Raises ValueError for an unknown attribute, an impossible value, or one that
        is both locked and wanted.
        """
        search = _Search(self, ws, tags, targets, locks)
        return search.solved(*search.run(steps))

    def glance(
        self, ws: torch.Tensor, tags: torch.Tensor, name: str, wish: Wish, now: Wish
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents and tags [1, k] of a move that is under way, without a picture: `name` reads `now` and shall `wish`.

        One step of the fitted response from where the last move ended; what a slider shows until it is let go.
        """
        x = self.tools.standard(tags)[0]
        aimed = self.tools.asked(x, {name: wish})
        attribute, places = self.directions.attribute(name), self.tools.places.get(name, [])
        if attribute.kind == "continuous" and places and not bool(x[places].isnan()):
            (place,), column = places, self.directions.rows(name).start
            gain = float(self.response.jacobian[column, place])
            if abs(gain) > SMALLEST_GAIN * attribute.span:
                aimed[place] = x[place] + (float(wish) - float(now)) / gain
        aimed = self.tools.on_circles(torch.maximum(torch.minimum(aimed, self.high), self.low))
        changed = self.tools.tags(aimed)[None]
        with torch.no_grad():
            return ws + (self.network(changed) - self.network(tags)), changed

    def reaches(self, tags: torch.Tensor, readout: torch.Tensor) -> dict[str, tuple[float, float]]:
        """What each continuous attribute can still be brought to from tags [1, k] that read as [c]."""
        x, bounds = self.tools.standard(tags)[0], (self.low, self.high)
        ends = {n: reachable(self.tools, self.directions, n, x, readout, bounds) for n in self.directions.attributes}
        return {name: interval for name, interval in ends.items() if interval is not None}

    def read(self, ws: torch.Tensor) -> torch.Tensor:
        """Read-out [c] of the picture of ws [1, num_ws, w_dim]."""
        return self._read(self.painter, ws)

    def read_preview(self, ws: torch.Tensor) -> torch.Tensor:
        """The same of its preview, if there are previews."""
        return self._read(self.preview or self.painter, ws)

    def read_start(self, ws: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Read-out [c] of a character before its wishes, and by how much that of its preview falls short of it.

        The last ones are remembered from one move to the next.
        """
        last = self._last
        if last is None or not torch.equal(last[0], ws):
            preview = self.read_preview(ws)
            whole = preview if self.preview is None else self.read(ws)
            last = self._last = ws.clone(), whole, whole - preview
        return last[1:]

    def _read(self, painter: Painter, ws: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            return self.tagger.readout(painter(ws)).float().cpu()[0].clone()


class _Search:
    """One edit: pictures are made and read here, and nowhere else."""

    def __init__(
        self,
        solver: TagSolver,
        ws: torch.Tensor,
        tags: torch.Tensor | None,
        targets: Mapping[str, Wish],
        locks: Collection[str],
    ) -> None:
        self.solver, self.ws, self.readings = solver, ws, 0
        first, self.shift = solver.read_start(ws)
        tools = solver.tools
        self.origin = tools.standard(tools.read_off(first) if tags is None else tags)[0]
        self.added = self._g(self.origin)
        self.problem = TagProblem(tools, solver.directions, self.origin, first, targets, locks)
        self.start = self.problem.point(self.origin, first)

    def run(self, steps: int) -> tuple[Point, Point]:
        """The point taken, and the one nearest to the wishes whatever it costs."""
        problem = self.problem
        if not problem.wanted:
            return self.start, self.start
        best = self._try(self.solver.tools.asked(self.origin, problem.wanted))
        tried, jacobian, trust = [best], self.solver.response.jacobian, 1.0
        for number in range(steps):
            if _done(best, number):
                best, tried = self._checked(best, tried)
                if _done(best, number):
                    break
            rows = problem.weight[:, None] * jacobian * ~best.x.isnan()
            step = damped_step(rows, problem.weight * (problem.goal - best.soft), DAMPING)
            point = self._try(best.x + trust * step)
            jacobian = corrected(jacobian, (point.x - best.x).nan_to_num(0.0), point.soft - best.soft)
            trust = 1.0 if point.loss < best.loss else 0.5 * trust
            best = min(best, point, key=lambda one: one.loss)
            tried.append(point)
        points = [self.start, *tried]
        furthest = min(points, key=Point.price)
        return self._allowed(points, furthest), furthest

    def _checked(self, best: Point, tried: list[Point]) -> tuple[Point, list[Point]]:
        """The best point as its whole picture is read, and all others by what that says of their previews."""
        if self.solver.preview is None:
            return best, tried
        change = self.solver.read(self._latents(best.x)) - best.readout
        self.readings += 1
        self.shift = self.shift + change
        again = [self.problem.point(point.x, point.readout + change) for point in tried]
        return next(new for new, old in zip(again, tried, strict=True) if old is best), again

    def _allowed(self, points: list[Point], furthest: Point) -> Point:
        """The point nearest to the wishes that keeps locks and budget, on the way to the furthest if need be."""
        if not furthest.spoiled:
            return furthest
        for share in SHARES:
            part = self._try(self.problem.part_of_the_way(furthest.x, share))
            points = [*points, part]
            if not part.spoiled:
                break
        return min((point for point in points if not point.spoiled), key=Point.price)

    def solved(self, taken: Point, furthest: Point) -> TagSolved:
        """The point taken as latents and tags."""
        tags = self.solver.tools.tags(taken.x)
        ws = self._latents(taken.x)
        bounds = self.solver.low, self.solver.high
        return TagSolved(ws, tags[None], self.problem.outcomes(taken, furthest, bounds), self.readings)

    def _try(self, x: torch.Tensor) -> Point:
        x = self.solver.tools.on_circles(torch.maximum(torch.minimum(x, self.solver.high), self.solver.low))
        self.readings += 1
        return self.problem.point(x, self.solver.read_preview(self._latents(x)) + self.shift)

    def _latents(self, x: torch.Tensor) -> torch.Tensor:
        return self.ws + (self._g(x) - self.added)

    @torch.no_grad()
    def _g(self, x: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = self.solver.network(self.solver.tools.tags(x)[None])
        return added


def _done(best: Point, corrections: int) -> bool:
    """Whether a move may end here: all is met and little drifted, or enough was tried and the wishes are met."""
    calm = best.missed < PRECISION and max(best.drift.values(), default=0.0) < CALM
    return best.slipped < LOCK_CALM and (calm or (corrections >= ENOUGH_STEPS and best.missed <= AS_ASKED))


def damped_step(rows: torch.Tensor, errors: torch.Tensor, damping: float) -> torch.Tensor:
    """Levenberg-Marquardt step [k]: least squares of rows [c, k] @ step = errors [c], with a price on its length."""
    result: torch.Tensor = torch.linalg.solve(rows.T @ rows + damping * torch.eye(rows.shape[1]), rows.T @ errors)
    return result


def corrected(jacobian: torch.Tensor, step: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
    """Broyden's rank-one update: the Jacobian [c, k] nearest to the old one that explains what `step` [k] changed."""
    length = float(step @ step)
    if length < 1e-8:
        return jacobian
    return jacobian + torch.outer(change - jacobian @ step, step / length)
