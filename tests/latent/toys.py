"""A generator and a tagger whose right answers are known in closed form."""

from types import SimpleNamespace

import torch

from anime_gen.attributes import Vocabulary

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
