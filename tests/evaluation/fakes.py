"""A conditional "generator" whose pictures are its tags, and a measurer that reads them off: obedience is known."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from anime_gen.attributes import Vocabulary
from anime_gen.evaluation.measurer import drawn_vocabulary
from anime_gen.latent.readings import column_slices, values_of

WORDS: Vocabulary = drawn_vocabulary().subset(["hair_length", "hair_style", "hair_hue", "smile", "glasses"])
COLUMNS = tuple(column.name for column in WORDS.columns)
PLACE = column_slices(WORDS.columns)
SIDE = 8


def random_tags(count: int, seed: int) -> torch.Tensor:
    """Tags [n, 10] of COLUMNS, all known."""
    rng = np.random.default_rng(seed)
    hue = rng.uniform(0, 2 * np.pi, count)
    values = {
        "hair_length": rng.uniform(0, 1, count),
        "hair_style": np.eye(5)[rng.integers(5, size=count)],
        "hair_hue": np.stack([np.cos(hue), np.sin(hue)], axis=1),
        "smile": rng.uniform(-1, 1, count),
        "glasses": rng.choice([-1.0, 1.0], count),
    }
    return torch.tensor(np.column_stack([values[name] for name in WORDS]), dtype=torch.float32)


class FakeMapping:
    """ws are what is shown of the tags."""

    def __init__(self, rows: torch.Tensor, obeyed: torch.Tensor) -> None:
        self.w_avg = torch.zeros(len(COLUMNS))
        self.tags = SimpleNamespace(rows=rows, row=lambda numbers: rows[numbers])
        self.obeyed = obeyed

    def __call__(self, z: torch.Tensor, psi: float = 1.0, tags: torch.Tensor | None = None) -> torch.Tensor:
        assert tags is not None
        return (tags.nan_to_num() @ self.obeyed)[:, None]


class FakeConditional:
    """`obeyed` [k, k]: what each asked column adds to each shown one; the identity is perfect."""

    def __init__(self, obeyed: torch.Tensor, rows: torch.Tensor) -> None:
        self.config: Any = SimpleNamespace(z_dim=2, w_dim=len(COLUMNS), resolution=SIDE, condition=COLUMNS)
        self.mapping, self.num_ws = FakeMapping(rows, obeyed), 1

    def synthesis(self, ws: torch.Tensor) -> torch.Tensor:
        """The columns as the first pixels of the red channel."""
        images = torch.zeros(len(ws), 3, SIDE * SIDE)
        images[:, 0, : len(COLUMNS)] = ws[:, 0]
        return images.unflatten(2, (SIDE, SIDE))


class FakeMeasurer:
    """Reads the columns back, and a colour of the hair that follows from its hue."""

    def __init__(self) -> None:
        self.vocabulary: Vocabulary = drawn_vocabulary().subset([*WORDS, "hair_color"])
        self.columns = self.vocabulary.columns

    def readout(self, images: torch.Tensor) -> torch.Tensor:
        readout = images[:, 0].flatten(1)[:, : len(COLUMNS)].clone()
        for name in ("glasses", "hair_style"):
            readout[:, PLACE[name]] *= 20.0  # logits, sure of themselves
        cos, sin = readout[:, PLACE["hair_hue"]].unbind(1)
        colour = ((torch.atan2(sin, cos) + torch.pi) * (6 / torch.pi)).long().clamp(0, 11)
        logits = 20.0 * torch.nn.functional.one_hot(colour, 12)
        assert self.columns[-12].attribute == "hair_color"
        return torch.cat([readout, logits], dim=1)

    def values(self, readout: torch.Tensor) -> dict[str, np.ndarray]:
        return values_of(self.vocabulary, self.columns, readout)
