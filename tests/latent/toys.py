"""A generator and a tagger whose right answers are known in closed form."""

from types import SimpleNamespace

import numpy as np
import torch

from anime_gen.attributes import Vocabulary
from anime_gen.latent import Directions
from anime_gen.latent.space import LatentSpace
from anime_gen.stylegan2.networks.condition import ConditionNetwork
from anime_gen.tagging.classifiers.soft_tags import SOFTNESS

Z_DIM = 6
NUM_WS = 4

VOCABULARY = Vocabulary.parse(
    {
        "length": {"label": "Length", "kind": "continuous", "group": "hair", "low": -3.0, "high": 3.0},
        "width": {"label": "Width", "kind": "continuous", "group": "face", "low": -3.0, "high": 3.0},
        "glasses": {"label": "Glasses", "kind": "binary", "group": "eyewear"},
        "hue": {"label": "Hue", "kind": "cyclic", "group": "hair", "low": 0.0, "high": 360.0},
        "mood": {"label": "Mood", "kind": "categorical", "group": "expression", "classes": ["calm", "glad", "cross"]},
        "still": {"label": "Still", "kind": "continuous", "group": "face"},
    }
)


class LinearGenerator:
    """w is a fixed mixture of z (covariance `mixture @ mixture.T`), a picture is ws itself, one layer a channel row."""

    def __init__(self, scale: float = 1.0) -> None:
        generator = torch.Generator().manual_seed(1)
        self.mixture = scale * torch.randn(Z_DIM, Z_DIM, generator=generator)
        self.config = SimpleNamespace(z_dim=Z_DIM, w_dim=Z_DIM, resolution=4)
        self.num_ws = NUM_WS

    def mapping(self, z: torch.Tensor, psi: float = 1.0) -> torch.Tensor:
        return psi * (z @ self.mixture.T)[:, None].expand(-1, NUM_WS, -1)

    def synthesis(self, ws: torch.Tensor) -> torch.Tensor:
        return ws.flatten(1)


class LinearTagger:
    """Reads fixed linear functions of ws; `entangled` makes width depend on length's latent as well.

    length and width live in the first half of the layers, everything else in the second. `still` never moves.
    """

    def __init__(self, generator: LinearGenerator, entangled: bool = False, bend: float = 0.0) -> None:
        self.vocabulary = VOCABULARY
        self.columns = VOCABULARY.columns
        self.bend = bend
        unmix = torch.linalg.inv(generator.mixture)  # back to z: independent standard normals
        self.coarse = torch.zeros(len(self.columns), Z_DIM)
        self.fine = torch.zeros(len(self.columns), Z_DIM)
        rows = {column.name: i for i, column in enumerate(self.columns)}
        self.coarse[rows["length"]] = unmix[0]
        self.coarse[rows["width"]] = unmix[1] + (0.8 * unmix[0] if entangled else 0.0)
        self.fine[rows["glasses"]] = 2.0 * unmix[0]
        self.fine[rows["hue:cos"]] = unmix[1]
        self.fine[rows["hue:sin"]] = unmix[2]
        self.fine[rows["mood:calm"]] = unmix[3]
        self.fine[rows["mood:glad"]] = unmix[4]
        self.fine[rows["mood:cross"]] = unmix[5]

    def readout(self, images: torch.Tensor) -> torch.Tensor:
        ws = images.unflatten(1, (NUM_WS, Z_DIM))
        plain = ws[:, :2].mean(1) @ self.coarse.T + ws[:, 2:].mean(1) @ self.fine.T
        return plain + self.bend * torch.sin(2.0 * plain)


class PlainCondition(ConditionNetwork):
    """g that hands the tags on as they are; unknown ones as their mean."""

    def forward(self, tags: torch.Tensor) -> torch.Tensor:
        return torch.where(tags.isnan(), self.mean, tags)


class TagGenerator:
    """w is what g makes of the tags, plus a trifle of z; a picture is w itself."""

    def __init__(self, rows: int = 400) -> None:
        columns = tuple(column.name for column in TAG_VOCABULARY.columns if column.attribute != "verdict")
        self.config = SimpleNamespace(
            z_dim=2, w_dim=len(columns), resolution=4, condition=columns, resolution_for=lambda seen_px: 4
        )
        self.num_ws = 1
        network = PlainCondition(columns, rows, len(columns)).eval()
        network.set_table(tag_table(rows), tag_table(rows))
        self.network = network
        self.mapping = TagMapping(network)

    def synthesis(self, ws: torch.Tensor) -> torch.Tensor:
        return ws[:, 0]


class TagMapping:
    def __init__(self, network: ConditionNetwork) -> None:
        self.tags = network

    def __call__(self, z: torch.Tensor, psi: float = 1.0, tags: torch.Tensor | None = None) -> torch.Tensor:
        return self.tags(tags)[:, None] + 1e-3 * z.mean(1)[:, None, None]


TAG_VOCABULARY = Vocabulary.parse(
    {
        "length": {"label": "Length", "kind": "continuous", "group": "hair"},
        "width": {"label": "Width", "kind": "continuous", "group": "face"},
        "chin": {"label": "Chin", "kind": "continuous", "group": "face"},
        "glasses": {"label": "Glasses", "kind": "binary", "group": "eyewear"},
        "rim": {"label": "Rim", "kind": "continuous", "group": "eyewear"},
        "hue": {"label": "Hue", "kind": "cyclic", "group": "hair", "low": 0.0, "high": 360.0},
        "style": {"label": "Style", "kind": "categorical", "group": "hair", "classes": ["loose", "buns", "tails"]},
        "verdict": {"label": "Verdict", "kind": "categorical", "group": "face", "classes": ["slim", "broad"]},
    }
)
TAG_SETTINGS = {"derived": {"verdict": ["width", "chin"]}, "shown_with": {"rim": "glasses"}}


def tag_table(rows: int) -> np.ndarray:
    """Tags [rows, 9] that occur: uniform values, a switch with its dependent, a hue, a class."""
    random = np.random.default_rng(0)
    plain = random.uniform(0.0, 1.0, (rows, 3))
    on = random.uniform(size=rows) < 0.4
    rim = np.where(on, random.uniform(0.0, 1.0, rows), np.nan)
    angle = random.uniform(0.0, 2.0 * np.pi, rows)
    style = np.eye(3)[random.integers(3, size=rows)]
    return np.column_stack([plain, np.where(on, 1.0, -1.0), rim, np.cos(angle), np.sin(angle), style]).astype(
        np.float32
    )


class TagReader:
    """Reads the tags back, not quite as given: `leak` of length shows in width, `bend` makes every value nonlinear."""

    input_px = 4

    def __init__(self, leak: float = 0.3, bend: float = 0.05, gain: float = 0.7) -> None:
        self.vocabulary = TAG_VOCABULARY
        self.columns = TAG_VOCABULARY.columns
        self.leak, self.bend, self.gain = leak, bend, gain

    def readout(self, images: torch.Tensor) -> torch.Tensor:
        plain, glasses, rim, hue, style = images.split([3, 1, 1, 2, 3], dim=1)
        length, width, chin = (0.5 + self.gain * (plain - 0.5) + self.bend * torch.sin(6.0 * plain)).unbind(1)
        width = width + self.leak * (length - 0.5)
        logit = SOFTNESS * torch.atanh(glasses.clamp(-0.99, 0.99))
        verdict = 12.0 * torch.stack([0.5 - width, width - 0.5], 1)
        parts = [torch.stack([length, width, chin], 1), logit, rim, hue, style.clamp_min(0.01).log(), verdict]
        return torch.cat(parts, dim=1)


def blank_directions(vocabulary: Vocabulary, space: LatentSpace, **parts: object) -> Directions:
    """Directions that predict nothing and move nothing, with these parts in place of zeros."""
    columns, names = len(vocabulary.columns), len(vocabulary)
    zeros = {name: torch.zeros(columns, space.size) for name in ("jacobian", "moves")}
    zeros |= {name: torch.zeros(columns) for name in ("intercept", "scale", "r2")}
    zeros |= {"plain": torch.zeros(columns, space.rank), "leakage": torch.zeros(names, names)}
    return Directions(space=space, vocabulary=vocabulary, **(zeros | parts))
