"""One tag changed and nothing else: does it follow, and does the rest of the face stay? Read by the measurer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from anime_gen.drawing import ATTRIBUTES
from anime_gen.evaluation.marginals import Values, visible
from anime_gen.evaluation.measurer import Measurer
from anime_gen.evaluation.obedience import Condition, as_asked
from anime_gen.evaluation.statistics import finite, known_mean
from anime_gen.latent.protocols import Progress, silent
from anime_gen.latent.readings import column_slices, turn
from anime_gen.stylegan2 import Generator, draw_characters

TOGETHER = {"glasses": ("glasses_size", "glasses_rim")}
"""Attributes that are seen only with another one change hands with it."""


class TagSwaps:
    """Characters of a conditional generator by number, each asked for one tag of another character at a time.

    `scale` [columns] are the deviations of the measurer's `soft` readings over many faces, in which drift is measured.
    """

    def __init__(
        self,
        generator: Generator,
        measurer: Measurer,
        numbers: Sequence[int],
        scale: torch.Tensor,
        batch: int = 64,
        seed: int = 0,
    ) -> None:
        self.generator, self.measurer, self.batch = generator, measurer, batch
        self.z, tags = draw_characters(generator, numbers)
        if tags is None:
            raise ValueError("this generator takes no tags, so none can be changed")
        self.tags = tags
        self.scale, self.slices = scale, column_slices(measurer.columns)
        self.condition = Condition(generator.config.condition, measurer.vocabulary)
        self.known = self.condition.known(self.tags)
        self.random = np.random.default_rng(seed)
        self.base = self._read(np.arange(len(self.z)), self.tags)
        self.shown = visible(measurer.values(self.base))

    def judge(self, progress: Progress = silent) -> dict[str, Any]:
        """`miss_median` and `drift_mean` over the attributes, and each attribute's own figures.

        miss: |read - asked| as a share of the range (of half a turn for a hue), median over characters; for classes
        `as_asked`, the share that shows the class asked for. drift: mean change of the other attributes in standard
        deviations. Attributes known of fewer than two characters are left out.
        """
        names = [name for name, rows in self.known.items() if rows.sum() >= 2]
        figures = {name: self.swap(name) for name in progress(names, "changing one tag at a time")}
        missed = [entry["miss"] for entry in figures.values() if entry["miss"] is not None]
        return {
            "miss_median": finite(np.median(missed)) if missed else None,
            "drift_mean": known_mean(entry["drift"] for entry in figures.values()),
            "attributes": figures,
        }

    def swap(self, name: str) -> dict[str, float | None]:
        """Figures of one attribute."""
        rows = np.flatnonzero(self.known[name])
        order = self.random.permutation(len(rows))
        givers = np.empty_like(rows)
        givers[order] = rows[np.roll(order, 1)]  # a ring: nobody gives to itself
        tags = self.tags[rows].clone()
        for part in (name, *TOGETHER.get(name, ())):
            if part in self.condition.places:
                where = self.condition.places[part]
                tags[:, where] = self.tags[givers, where]
        readout = self._read(rows, tags)
        after = self.measurer.values(readout)
        asked, read = self.condition.asked(tags)[name], after[name]
        attribute = self.measurer.vocabulary[name]
        drift = self._drift(name, rows, readout, after)
        if attribute.kind in ("binary", "categorical"):
            return {"miss": None, "as_asked": float(as_asked(attribute, asked, read).mean()), "drift": drift}
        gap = np.abs(turn(asked, read)) if attribute.kind == "cyclic" else np.abs(asked - read)
        return {"miss": float(np.median(gap)) / attribute.span, "as_asked": None, "drift": drift}

    def _drift(self, name: str, rows: np.ndarray, readout: torch.Tensor, after: Values) -> float | None:
        """Mean over other attributes, where seen before and after, of their change in standard deviations."""
        shown = visible(after)
        changes = (soft(self.measurer, readout) - soft(self.measurer, self.base[rows])) / self.scale
        moved = []
        for other, where in self.slices.items():
            follows = other in TOGETHER.get(name, ()) or name in ATTRIBUTES[other].derived_from
            seen = self.shown[other][rows] & shown[other]
            if other != name and not follows and seen.any():
                moved.append(float(changes[:, where].square().mean(1).sqrt().numpy()[seen].mean()))
        return known_mean(moved)

    def _read(self, rows: np.ndarray, tags: torch.Tensor) -> torch.Tensor:
        parts = []
        for start in range(0, len(rows), self.batch):
            part = slice(start, start + self.batch)
            with torch.inference_mode():
                ws = self.generator.mapping(self.z[rows[part]], 1.0, tags=tags[part])
                parts.append(self.measurer.readout(self.generator.synthesis(ws)).float().cpu())
        return torch.cat(parts).clone()


def soft(measurer: Measurer, readout: torch.Tensor) -> torch.Tensor:
    """A read-out [n, columns] with logits as probabilities: a surer answer is no change of the face."""
    parts = []
    for name, where in column_slices(measurer.columns).items():
        kind, part = measurer.vocabulary[name].kind, readout[:, where]
        parts.append(part.sigmoid() if kind == "binary" else part.softmax(1) if kind == "categorical" else part)
    return torch.cat(parts, dim=1)
