"""From a latent and wishes to a picture and what is measured in it."""

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch

from anime_gen.attributes import Vocabulary
from anime_gen.latent import solve
from anime_gen.latent.inversion import Inverter
from anime_gen.latent.outcome import Outcome, plain_outcomes
from anime_gen.latent.tag_solver import STEPS as TAG_STEPS
from anime_gen.latent.tag_solver import TagSolver
from anime_gen.serving.bundle import Bundle
from anime_gen.serving.turns import FairLock
from anime_gen.stylegan2 import draw_characters
from anime_gen.stylegan2.inference.runtime import open_runtime
from anime_gen.threads import threads, threads_for

Value = float | str
MAX_REQUEST_CHARACTERS = 20_000
AT_ONCE = 8
"""Characters read together: the taggers take half as long for each as one by one."""
STEPS = 2
"""Corrections of a move along directions: a 64 px face answers within 150 ms on two cores."""


@dataclass(frozen=True)
class Picture:
    """uint8 pixels [r, r, 3], the latent ws [1, num_ws, w_dim] they were made of, and what the taggers read in them.

    `measured`: value in the attribute's units, degrees, a class name, or the probability of a binary one. `outcomes`:
    for each wish what was asked and reached, and why a move stopped short. `tags` [1, k]: those it was made with, of a
    generator that knows them; `reach`: what continuous attributes can be brought to from here.
    """

    pixels: np.ndarray
    ws: torch.Tensor
    measured: dict[str, Value]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    tags: torch.Tensor | None = None
    reach: dict[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Imitation:
    """The latent ws [1, num_ws, w_dim] that imitates view number `view` of a picture from outside.

    `read`: what the taggers read in that view, as in `Picture.measured`. `strangeness`: see `Inverted`.
    """

    ws: torch.Tensor
    view: int
    read: dict[str, Value]
    strangeness: float


class Renderer:
    """Makes pictures of one bundle, as a pure function of the arguments: same wish, same bytes on one build."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._runtime = open_runtime(bundle.generator)
        self._read_px = bundle.generator.config.resolution_for(bundle.tagger.input_px)
        self._tags = self._tag_solver()
        self._threads = threads_for(bundle.generator.config.image_cost(bundle.generator.config.resolution))
        self._lock = FairLock()

    def latent(self, seed: int, psi: float) -> torch.Tensor:
        """Latent ws [1, num_ws, w_dim] of character number `seed`; `psi` below 1 draws it to the average face."""
        z, tags = draw_characters(self.bundle.generator, [seed])
        with torch.inference_mode():
            return self._runtime.map(z, psi, tags=tags).clone()

    def tags(self, seed: int) -> torch.Tensor | None:
        """Tags [1, k] of character number `seed`; None where the generator knows none."""
        return draw_characters(self.bundle.generator, [seed])[1]

    def measure(self, ws: Sequence[torch.Tensor]) -> list[dict[str, Value]]:
        """What the taggers read in latents [1, num_ws, w_dim], at the size they look at: cheaper than whole pictures.

        Others get their turn after every few characters.
        """
        measured = []
        for start in range(0, len(ws), AT_ONCE):
            with self._lock, threads(self._threads), torch.inference_mode():
                images = torch.cat([self._preview(row) for row in ws[start : start + AT_ONCE]])
                values = self.bundle.tagger.values(self.bundle.tagger.readout(images))
            measured += [{name: plain(value[n]) for name, value in values.items()} for n in range(len(images))]
        return measured

    def render(
        self,
        ws: torch.Tensor,
        targets: Mapping[str, Value],
        locks: Collection[str] | None = None,
        steps: int | None = None,
        tags: torch.Tensor | None = None,
    ) -> Picture:
        """Move ws until the taggers read `targets`, in at most `steps` corrections, and make its picture.

        `tags` [1, k] are those that ws was made with; without them those read off its picture stand in. Without
        `steps` it takes as many as a page may. Raises ValueError for an unknown attribute, an impossible value, or one
        that is both locked and wanted.
        """
        directions, tagger = self.bundle.directions, self.bundle.tagger
        outcomes = None
        # One lock for all visitors of the page: two at once would only slow each other down.
        with self._lock, threads(self._threads):
            if targets and self._tags is not None:
                solved = self._tags.solve(ws, tags, targets, locks or (), steps or TAG_STEPS)
                ws, tags, outcomes = solved.ws, solved.tags, solved.outcomes
            elif targets:
                ws = solve(self._paint, tagger, directions, ws, targets, locks, steps or STEPS).ws
            pixels, readout = self._seen(ws)
        if tags is None and self._tags is not None:
            tags = self._tags.tools.read_off(readout[0])
        values = tagger.values(readout)
        measured = {name: plain(value[0]) for name, value in values.items()}
        if outcomes is None:
            outcomes = plain_outcomes(tagger.vocabulary, targets, values)
        outcomes = {name: replace(outcome, reached=measured[name]) for name, outcome in outcomes.items()}
        return Picture(pixels, ws, measured, outcomes, tags, self._reach(tags, readout))

    def glance(self, shown: Picture, name: str, wish: Value) -> Picture:
        """The picture while a slider is dragged: `shown` with one attribute moved in a single step, not solved."""
        with self._lock, threads(self._threads):
            if self._tags is not None and shown.tags is not None:
                ws, tags = self._tags.glance(shown.ws, shown.tags, name, wish, shown.measured[name])
            else:
                tags = None
                ws = solve(self._paint, self.bundle.tagger, self.bundle.directions, shown.ws, {name: wish}, (), 1).ws
            pixels, readout = self._seen(ws)
        measured = {name: plain(value[0]) for name, value in self.bundle.tagger.values(readout).items()}
        return replace(shown, pixels=pixels, ws=ws, measured=measured, tags=tags)

    @property
    def view_px(self) -> int:
        """Side of the views that `imitate` takes."""
        return self._read_px

    def imitate(self, views: np.ndarray, progress: Callable[[float], None]) -> Imitation:
        """A character like the one in a picture, from views uint8 [k, view_px, view_px, 3] of which one is chosen.

        Takes seconds; others get their turn between its steps, after each of which `progress` hears the share done.
        """
        images = torch.from_numpy(np.ascontiguousarray(views)).permute(0, 3, 1, 2).float() / 127.5 - 1.0
        with self._lock, threads(self._threads):
            steps = self._inverter.invert(images)
        while True:
            with self._lock, threads(self._threads):
                try:
                    share = next(steps)
                except StopIteration as done:
                    found = done.value
                    break
            progress(share)
        values = self.bundle.tagger.values(found.readout[None])
        return Imitation(found.ws, found.view, {n: plain(v[0]) for n, v in values.items()}, found.strangeness)

    @cached_property
    def _inverter(self) -> Inverter:
        tools = None if self._tags is None else self._tags.tools
        return Inverter(self.bundle.generator, self.bundle.tagger, tools, self._preview)

    def _seen(self, ws: torch.Tensor) -> tuple[np.ndarray, torch.Tensor]:
        with torch.inference_mode():
            image = self._paint(ws)
            return to_pixels(image)[0], self.bundle.tagger.readout(image)

    def _reach(self, tags: torch.Tensor | None, readout: torch.Tensor) -> dict[str, tuple[float, float]]:
        if self._tags is None:
            return self.bundle.directions.reach
        return {} if tags is None else self._tags.reaches(tags, readout[0])

    def _paint(self, ws: torch.Tensor) -> torch.Tensor:
        return self._runtime.synthesise(ws)

    def _preview(self, ws: torch.Tensor) -> torch.Tensor:
        return self._runtime.preview(ws, self._read_px)

    def _tag_solver(self) -> TagSolver | None:
        """What edits through tags, where the generator knows them and the directions say how it answers."""
        generator, directions = self.bundle.generator, self.bundle.directions
        network, config = generator.mapping.tags, generator.config
        if network is None or directions.tags is None:
            return None
        preview = self._preview if self._read_px < config.resolution else None
        return TagSolver(self._paint, network, config.condition, self.bundle.tagger, directions, preview)


def to_pixels(images: torch.Tensor) -> np.ndarray:
    """Pictures [n, 3, r, r] in [-1, 1] as uint8 [n, r, r, 3]."""
    scaled = (images.detach().float() * 127.5 + 127.5).round().clamp(0, 255)
    return scaled.to(torch.uint8).permute(0, 2, 3, 1).cpu().contiguous().numpy()


def plain(value: object) -> Value:
    """A number or a word that JSON can hold."""
    return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]


def read_wishes(text: str, vocabulary: Vocabulary) -> dict[str, Value]:
    """Wishes written as a JSON object, `{"hair_length": 0.8}`, checked against what the model can measure.

    Raises `ValueError`: no JSON object, an unknown attribute, or a value outside its range.
    """
    if len(text) > MAX_REQUEST_CHARACTERS:
        raise ValueError(f"attributes has {len(text)} characters; at most {MAX_REQUEST_CHARACTERS} are read")
    try:
        wishes = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f'attributes is not JSON ({error}); write for example {{"hair_length": 0.8}}') from error
    if not isinstance(wishes, dict):
        raise ValueError('attributes must be a JSON object, for example {"hair_length": 0.8}')
    return {name: checked(name, value, vocabulary) for name, value in wishes.items()}


def checked(name: str, value: object, vocabulary: Vocabulary) -> Value:
    """A wish in range. A binary attribute also takes a share between 0 and 1: how sure the tagger shall be."""
    if name not in vocabulary:
        raise ValueError(f"unknown attribute {name!r}; this model measures: {', '.join(vocabulary.keys())}")
    attribute = vocabulary[name]
    if attribute.kind != "binary":
        return attribute.read(value)
    share = float(value) if isinstance(value, int | float) else math.nan
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"{name} = {value!r} is not allowed; it must be a number from 0 (no) to 1 (yes)")
    return share
