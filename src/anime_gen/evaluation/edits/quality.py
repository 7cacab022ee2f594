"""Are edits obeyed, do they leave the rest alone, and is it still the same character? Judged by the measurer only."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from anime_gen.attributes import Attribute
from anime_gen.evaluation.config import EditConfig
from anime_gen.evaluation.edits.figures import Asked
from anime_gen.evaluation.edits.redrawn import Redrawn, knows_drawings
from anime_gen.evaluation.edits.targets import EditTargets, make_targets
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.statistics import finite
from anime_gen.latent.baselines import baseline_moves
from anime_gen.latent.directions import Directions
from anime_gen.latent.editing import edit_to, solve
from anime_gen.latent.protocols import GeneratorLike, Progress, Reader, silent
from anime_gen.latent.readings import ask, values_of
from anime_gen.latent.sampling import draw_with_tags
from anime_gen.latent.tag_solver import TagSolver

OURS = "solve"
DO_NOTHING = "do_nothing"
"""The method that leaves the character as it is: what any other must beat, read by the same reader."""
EMPTY = ("hit_median", "hit_p90", "spearman", "leakage_mean", "leakage_max", "identity_drift", "reach")
REACH_CHARACTERS = 12
"""Characters whose ends are tried; a median needs no more."""


@dataclass(frozen=True)
class Subjects:
    """Characters before an edit: ws [n, num_ws, w_dim], the taggers' read-out [n, c], the tags [n, k] given, if any."""

    ws: torch.Tensor
    tagged: torch.Tensor
    tags: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.ws)

    def rows(self, rows: torch.Tensor) -> "Subjects":
        """Some of them, in this order."""
        return Subjects(self.ws[rows], self.tagged[rows], None if self.tags is None else self.tags[rows])


Editor = Callable[[Subjects, str, list[float | str]], torch.Tensor]
"""(characters, attribute, a wish each) -> ws [n, num_ws, w_dim]."""


@dataclass(frozen=True)
class Population:
    """Unedited characters, and the measurer's read-out of them [n, m]."""

    subjects: Subjects
    measured: torch.Tensor


def judge_edits(
    generator: GeneratorLike,
    tagger: Reader,
    directions: Directions,
    measurer: Measurer,
    config: EditConfig,
    progress: Progress = silent,
) -> dict[str, dict[str, Any]]:
    """Attribute -> figures of design.md section 4, bootstrap intervals, and the same for other methods.

    hit: |measured - requested| as a share of the range. drift: mean change of the other sliders as a share of theirs.
    leakage: the same in standard deviations, per standard deviation of the target (mean and max over traits).
    identity_drift: distance in identity traits, 1 for two random characters. reach: what asking for either end gives.
    redrawn: these figures of a perfect editor (`Redrawn`). Attributes the measurer does not know, or that too few
    characters show, get nulls.
    """
    population = _population(generator, tagger, measurer, config)
    perfect = Redrawn(directions, measurer, config) if knows_drawings(measurer) else None
    editors = _editors(generator, tagger, directions, config)
    report = {}
    for name in progress(directions.attributes, "judging edits by the measurer"):
        attribute = directions.attribute(name)
        rows = _subjects(directions, measurer, population, name, config.characters)
        known = name in measurer.vocabulary and measurer.vocabulary[name].kind == attribute.kind
        entry: dict[str, Any] = {"kind": attribute.kind, "characters": len(rows)} | dict.fromkeys(EMPTY)
        if known and len(rows) >= 4:
            trial = Trial(generator, directions, measurer, population, attribute, rows, config)
            methods = {method: trial.judge(editor) for method, editor in editors.items()}
            entry |= methods[OURS] | {"reach": trial.reach(editors[OURS], methods[OURS]), "methods": methods}
            entry |= {"measurer_error": measurer.errors.get(name)}
            entry |= {"redrawn": perfect.figures(attribute) if perfect else None}
        entry["linear_fit_r2"] = finite(float(directions.r2[directions.rows(name)].mean()))
        entry["trusted_tags"] = directions.trusted.get(name)
        entry["first_layer"] = directions.first_layer.get(name, 0)
        report[name] = entry
    return report


class Trial:
    """One attribute's requests to a set of characters, put to any method."""

    def __init__(
        self,
        generator: GeneratorLike,
        directions: Directions,
        measurer: Measurer,
        population: Population,
        attribute: Attribute,
        rows: torch.Tensor,
        config: EditConfig,
    ) -> None:
        self.generator, self.measurer, self.attribute, self.config = generator, measurer, attribute, config
        self.subjects = population.subjects.rows(rows)
        own = values_of(directions.vocabulary, directions.columns, population.subjects.tagged)[attribute.name]
        requests = make_targets(attribute, own, own[rows.numpy()], config.requests)
        self.asked = Asked(
            attribute, requests, population.measured[rows], population.measured, directions, measurer, config
        )

    def judge(self, editor: Editor) -> dict[str, Any]:
        """All figures of one method on these requests."""
        return self.asked.figures(self.measured(editor, self.asked.requests))

    def measured(self, editor: Editor, requests: EditTargets) -> torch.Tensor:
        """The measurer's read-out of all edited faces, [rounds, n, m]."""
        rounds, n = len(requests), len(requests[0])
        wishes = [wish for asked in requests for wish in asked]  # one large batch: small ones cost more than they do
        edited = editor(self.subjects.rows(torch.arange(n).repeat(rounds)), self.attribute.name, wishes)
        return read(self.generator, self.measurer, edited, self.config.batch).unflatten(0, (rounds, n))

    def reach(self, editor: Editor, figures: dict[str, Any]) -> list[float] | None:
        """Median measured value when either end is asked for; classes: (0, share of class requests met)."""
        attribute, n = self.attribute, min(len(self.subjects), REACH_CHARACTERS)
        if attribute.kind == "categorical":
            return [0.0, 1.0 - figures["hit_mean"]]
        if attribute.kind == "cyclic":
            return None
        readout = self.measured(editor, [[attribute.low] * n, [attribute.high] * n])
        ends = [float(np.median(self.measurer.values(part)[attribute.name])) for part in readout]
        return sorted(ends)


def read(generator: GeneratorLike, reader: Reader | Measurer, ws: torch.Tensor, batch: int) -> torch.Tensor:
    """Read-out [n, columns] of the pictures of ws."""
    with torch.inference_mode():
        parts = [reader.readout(generator.synthesis(part)).float().cpu() for part in ws.split(batch)]
    return torch.cat(parts).clone()


def _population(generator: GeneratorLike, tagger: Reader, measurer: Measurer, config: EditConfig) -> Population:
    ws, tags = draw_with_tags(generator, config.population, config.seed, "judged edits")
    measured = read(generator, measurer, ws, config.batch)
    subjects = Subjects(ws, read(generator, tagger, ws, config.batch), tags)
    return Population(subjects, measured)


def _subjects(
    directions: Directions, measurer: Measurer, population: Population, name: str, count: int
) -> torch.Tensor:
    """Rows of the characters on which the attribute can be seen, at most `count`."""
    carrier = directions.settings.get("shown_with", {}).get(name)
    if carrier is None or carrier not in measurer.vocabulary:
        return torch.arange(min(count, len(population.subjects)))
    shown = measurer.values(population.measured)[carrier] > 0.5
    return torch.from_numpy(np.flatnonzero(shown))[:count]


def _editors(generator: GeneratorLike, tagger: Reader, directions: Directions, config: EditConfig) -> dict[str, Editor]:
    def solved(who: Subjects, name: str, wishes: list[float | str]) -> torch.Tensor:
        return solve(generator.synthesis, tagger, directions, who.ws, {name: wishes}, steps=config.solve_steps).ws

    def linear(who: Subjects, name: str, wishes: list[float | str]) -> torch.Tensor:
        return edit_to(who.ws, directions, {name: wishes}, readout=who.tagged)

    through_tags = directions.tags is not None and generator.mapping.tags is not None
    editors: dict[str, Editor] = {
        OURS: _tag_editor(generator, tagger, directions) if through_tags else solved,
        DO_NOTHING: lambda who, name, wishes: who.ws,
    }
    if config.compare:
        editors["linear"] = linear
        for method in ("interfacegan", "tl_gan"):
            editors[method] = partial(_edit_plainly, directions, baseline_moves(directions, method))
    return editors


def _tag_editor(generator: GeneratorLike, tagger: Reader, directions: Directions) -> Editor:
    """The page's own path for a generator that knows tags: one character at a time."""
    config, preview = generator.config, None
    if (small := config.resolution_for(tagger.input_px)) < config.resolution:
        preview = partial(generator.synthesis, resolution=small)
    solver = TagSolver(generator.synthesis, generator.mapping.tags, config.condition, tagger, directions, preview)

    def edited(who: Subjects, name: str, wishes: list[float | str]) -> torch.Tensor:
        assert who.tags is not None
        each = zip(who.ws.split(1), who.tags.split(1), wishes, strict=True)
        return torch.cat([solver.solve(ws, tags, {name: wish}).ws for ws, tags, wish in each])

    return edited


def _edit_plainly(
    directions: Directions, moves: torch.Tensor, who: Subjects, name: str, wishes: list[float | str]
) -> torch.Tensor:
    """A published method: walk along its direction by as much as its linear fit says, within the same budgets."""
    attribute, where, space = directions.attribute(name), directions.rows(name), directions.space
    changes = torch.zeros(len(who), where.stop - where.start)
    for i, wish in enumerate(wishes):
        wanted = ask(attribute, where, who.tagged[i], wish)
        if attribute.kind == "categorical":
            changes[i, attribute.classes.index(str(wish))] = wanted.change[0]
        else:
            changes[i] = wanted.change
    step = changes @ moves[where]
    budget = float(directions.settings.get("identity_budget", 0.4))
    return who.ws + space.move(space.confine(space.coordinates(who.ws), step, budget))
