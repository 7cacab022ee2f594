"""Are the samples new, or near copies of training pictures?

Every training picture is searched. Pictures become codes that survive what a copier does, wittingly or not (blur,
mirroring, shifts, cut borders, recolouring, JPEG); for each sample the nearest training picture is found, and the same
for held-out pictures the generator can't have copied. Reported: the C_T statistic (Meehan et al., *A Non-Parametric
Test to Detect Data-Copying in Generative Models*, 2020, without its cells), and the share of samples closer to the
training set than the held-out pictures' 1 % quantile, where 1 % is expected.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch.nn import functional as F

from anime_gen.images.faces import Faces
from anime_gen.latent.protocols import Progress, silent

SIDE = 32
"""Pictures are compared at this size, px."""
BLUR_PX = 1.5
"""All are blurred first, by this deviation at SIDE, so that a copy's own blur adds little."""
CELLS = 16
"""Cells a side over which edge strengths are gathered."""
ORIENTATIONS = 4
"""Edge directions modulo 180 degrees: the sign of an edge changes with the colours, its direction does not."""
REACH_PX = 2
"""A picture is compared shifted by up to so much either way, at SIDE."""
CUTS_PX = (2, 3)
"""Training pictures are compared whole and without borders of these widths, at SIDE: crops of up to a tenth a side."""
BASIS_FACES, BASIS_SIZE = 2000, 256
"""Training faces whose codes say what faces have in common, and main directions that are kept of what is left."""
BLOCK = 512
ALARM_Z = -3.0
"""C_T at or below this: samples are closer to the training set than new pictures are, beyond chance."""
ALARM_P = 1e-3
"""As unlikely a number of samples below the 1 % quantile is an alarm too: a few copies do not move C_T."""


@dataclass(frozen=True)
class Memorisation:
    """What the comparison says; the arrays are per sample [n]."""

    c_t: float
    share_below_quantile: float
    copies_flagged: int
    copying: bool
    distance: np.ndarray
    nearest: np.ndarray
    threshold: float


def judge_memorisation(
    train: Faces, held_out: np.ndarray, samples: np.ndarray, progress: Progress = silent
) -> Memorisation:
    """Compare samples uint8 [n, r, r, 3] with all training pictures, and held-out ones never trained on with the same.

    `copying` is the verdict; `copies_flagged` counts samples under the 1 % quantile (about n / 100 are expected of
    an honest generator). Needs at least 20 held-out pictures, for a quantile that means something.
    """
    from scipy import stats  # here, for it takes half a second, and the page only searches

    if len(held_out) < 20 or not len(train) or not len(samples):
        raise ValueError(
            f"the test for copies needs training pictures, samples and at least 20 held-out pictures, "
            f"got {len(train)}, {len(samples)}, {len(held_out)}"
        )
    together, rows = nearest_pictures(train, np.concatenate([held_out, samples]), progress)
    expected, distance, nearest = together[: len(held_out)], together[len(held_out) :], rows[len(held_out) :]
    threshold = float(np.quantile(expected, 0.01))
    flagged = distance < threshold
    c_t = copying_statistic(expected, distance)
    # The quantile itself is estimated from the held-out pictures, so chance is that of two samples of one size.
    below_held_out = max(1, int((expected < threshold).sum()))
    table = [[int(flagged.sum()), int((~flagged).sum())], [below_held_out, len(expected) - below_held_out]]
    unlikely = stats.fisher_exact(table, alternative="greater").pvalue < ALARM_P
    return Memorisation(
        c_t, float(flagged.mean()), int(flagged.sum()), bool(c_t <= ALARM_Z or unlikely), distance, nearest, threshold
    )


def copying_statistic(held_out: np.ndarray, samples: np.ndarray) -> float:
    """C_T: Mann-Whitney U of sample against held-out distances as a z value; far below 0 means copying."""
    from scipy import stats

    n, m = len(samples), len(held_out)
    ranks = stats.rankdata(np.concatenate([samples, held_out]))
    u = ranks[:n].sum() - n * (n + 1) / 2
    return float((u - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))


def nearest_pictures(train: Faces, pictures: np.ndarray, progress: Progress = silent) -> tuple[np.ndarray, np.ndarray]:
    """Distance to, and row of, the nearest training picture of each picture [n, r, r, 3].

    Over mirrorings and shifts of the picture and cut borders of the training pictures, read a block at a time.
    """
    small = shrunk(train)
    codes = Codes.fitted(small)
    asked = [codes(variant) for variant in variants(to_tensor(pictures))]
    similarity, row = torch.full((len(pictures),), -1.0), torch.zeros(len(pictures), dtype=torch.long)
    for start in progress(range(0, len(small), BLOCK), f"searching {len(small):,} training faces for copies"):
        part = to_tensor(small.read(np.arange(start, min(start + BLOCK, len(small)))))
        known = torch.cat([codes(view) for view in views(part)])
        for variant in asked:
            best, where = (variant @ known.T).max(1)
            row = torch.where(best > similarity, where % len(part) + start, row)
            similarity = torch.maximum(similarity, best)
    return (2.0 - 2.0 * similarity).clamp_min(0.0).sqrt().numpy(), row.numpy()


@dataclass(frozen=True)
class Codes:
    """Unit vectors [n, size] of pictures [n, 3, SIDE, SIDE]: edge histograms less what all faces have in common.

    Drawn faces lie on one another so well that whole histograms are all alike; what is left after the mean [1024], in
    the main directions `basis` [1024, size] of the training faces, is what tells one face from another.
    """

    mean: torch.Tensor
    basis: torch.Tensor

    @classmethod
    def fitted(cls, train: Faces, size: int = BASIS_SIZE) -> Self:
        """The codes that tell these faces apart, from at most `BASIS_FACES` of them."""
        rows = np.linspace(0, len(train) - 1, min(BASIS_FACES, len(train))).astype(int)
        histograms = torch.cat([edge_histograms(blurred(part)) for part in to_tensor(train.read(rows)).split(BLOCK)])
        mean = histograms.mean(0)
        return cls(mean, torch.linalg.svd(histograms - mean, full_matrices=False).Vh[:size].T)

    def __call__(self, pictures: torch.Tensor) -> torch.Tensor:
        """Codes [n, size] of pictures in 0..1."""
        parts = [(edge_histograms(blurred(part)) - self.mean) @ self.basis for part in pictures.split(BLOCK)]
        return F.normalize(torch.cat(parts), dim=1)


def edge_histograms(pictures: torch.Tensor) -> torch.Tensor:
    """Unit-length histograms of edge directions, [n, 3, SIDE, SIDE] -> [n, ORIENTATIONS * CELLS^2].

    At each pixel the channel with the strongest edge speaks, so that a recoloured copy keeps its edges whatever its
    new colours are; square roots keep one strong outline from drowning the rest.
    """
    padded = F.pad(pictures, (1, 1, 1, 1), mode="replicate")
    right = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    down = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    strength, channel = (right**2 + down**2).max(1, keepdim=True)
    angle = torch.atan2(down.gather(1, channel), right.gather(1, channel))
    # cos^4 around each centre: a soft histogram, so that an edge between two directions is no jump.
    centres = torch.arange(ORIENTATIONS) * (torch.pi / ORIENTATIONS)
    weight = torch.cos(angle - centres.view(1, -1, 1, 1)) ** 4
    energy = F.adaptive_avg_pool2d(weight * strength.sqrt(), CELLS)
    return F.normalize(energy.sqrt().flatten(1), dim=1)


def blurred(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures [n, 3, r, r] under a Gaussian of BLUR_PX."""
    reach = round(3 * BLUR_PX)
    kernel = torch.exp(-(torch.arange(-reach, reach + 1) ** 2) / (2 * BLUR_PX**2))
    line = (kernel / kernel.sum()).expand(3, 1, 1, -1)
    padded = F.pad(pictures, (reach, reach, reach, reach), mode="replicate")
    return F.conv2d(F.conv2d(padded, line, groups=3), line.transpose(2, 3), groups=3)


def shrunk(faces: Faces) -> Faces:
    """The faces at SIDE where that is a whole share of theirs, which is cheaper to read."""
    return faces.at(SIDE) if faces.resolution % SIDE == 0 else faces


def to_tensor(pictures: np.ndarray) -> torch.Tensor:
    """uint8 [n, r, r, 3] -> float [n, 3, SIDE, SIDE] in 0..1."""
    tensor = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float() / 255.0
    if tensor.shape[-1] == SIDE:
        return tensor
    return F.interpolate(tensor, size=(SIDE, SIDE), mode="bilinear", antialias=True)


def variants(pictures: torch.Tensor) -> Iterator[torch.Tensor]:
    """The pictures [n, 3, SIDE, SIDE], as they are and mirrored, under every shift."""
    for side in (pictures, pictures.flip(-1)):
        padded = F.pad(side, (REACH_PX, REACH_PX, REACH_PX, REACH_PX), mode="replicate")
        for down in range(2 * REACH_PX + 1):
            for right in range(2 * REACH_PX + 1):
                yield padded[:, :, down : down + SIDE, right : right + SIDE]


def views(pictures: torch.Tensor) -> Iterator[torch.Tensor]:
    """The pictures [n, 3, SIDE, SIDE] whole, then without each of the borders, scaled back to SIDE."""
    yield pictures
    for border in CUTS_PX:
        inside = pictures[:, :, border : SIDE - border, border : SIDE - border]
        yield F.interpolate(inside, size=(SIDE, SIDE), mode="bilinear", antialias=True)
