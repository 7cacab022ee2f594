"""Are the samples new, or near copies of training pictures?

Codes that survive what a copier does to hide (mirroring, small crops and shifts, recolouring), the nearest training
picture of each sample, and the same for held-out pictures the generator can't have copied. Reported: the C_T statistic
(Meehan et al., *A Non-Parametric Test to Detect Data-Copying in Generative Models*, 2020, without its cells), and the
share of samples closer to the training set than the held-out pictures' 1 % quantile, where 1 % is expected.
"""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats
from torch.nn import functional as F

SIDE = 32
"""Pictures are compared at this size, px."""
CELLS = 16
"""Cells a side over which edge strengths are gathered."""
ORIENTATIONS = 4
"""Edge directions modulo 180 degrees: the sign of an edge changes with the colours, its direction does not."""
ALARM_Z = -3.0
"""C_T at or below this: samples are closer to the training set than new pictures are, beyond chance."""
ALARM_P = 1e-3
"""As unlikely a number of samples below the 1 % quantile is an alarm too: a few copies do not move C_T."""
CROPS = ((0, 0, 0), (2, 0, 0), (2, -1, -1), (2, -1, 1), (2, 1, -1), (2, 1, 1), (4, 0, 0))
"""(border px cut off at SIDE, shift down, shift right): the crops of a training picture that are tried."""


@dataclass(frozen=True)
class Originality:
    """What the comparison says; the arrays are per sample [n]."""

    c_t: float
    share_below_quantile: float
    copies_flagged: int
    copying: bool
    distance: np.ndarray
    nearest: np.ndarray
    threshold: float


def judge_originality(train: np.ndarray, held_out: np.ndarray, samples: np.ndarray) -> Originality:
    """Compare uint8 pictures [n, r, r, 3] with training pictures, beside held-out ones the model never saw.

    `copying` is the verdict; `copies_flagged` counts samples under the 1 % quantile (about n / 100 are expected of
    an honest generator). Needs at least 20 held-out pictures, for a quantile that means something.
    """
    if len(held_out) < 20 or not len(train) or not len(samples):
        raise ValueError(
            f"the originality test needs training pictures, samples and at least 20 held-out pictures, "
            f"got {len(train)}, {len(samples)}, {len(held_out)}"
        )
    together, rows = nearest_pictures(train, np.concatenate([held_out, samples]))
    expected, distance, nearest = together[: len(held_out)], together[len(held_out) :], rows[len(held_out) :]
    threshold = float(np.quantile(expected, 0.01))
    flagged = distance < threshold
    c_t = copying_statistic(expected, distance)
    # The quantile itself is estimated from the held-out pictures, so chance is that of two samples of one size.
    below_held_out = max(1, int((expected < threshold).sum()))
    table = [[int(flagged.sum()), int((~flagged).sum())], [below_held_out, len(expected) - below_held_out]]
    unlikely = stats.fisher_exact(table, alternative="greater").pvalue < ALARM_P
    return Originality(
        c_t, float(flagged.mean()), int(flagged.sum()), bool(c_t <= ALARM_Z or unlikely), distance, nearest, threshold
    )


def copying_statistic(held_out: np.ndarray, samples: np.ndarray) -> float:
    """C_T: Mann-Whitney U of sample against held-out distances as a z value; far below 0 means copying."""
    n, m = len(samples), len(held_out)
    ranks = stats.rankdata(np.concatenate([samples, held_out]))
    u = ranks[:n].sum() - n * (n + 1) / 2
    return float((u - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12))


def nearest_pictures(train: np.ndarray, pictures: np.ndarray, block: int = 512) -> tuple[np.ndarray, np.ndarray]:
    """Distance to, and row of, the nearest training picture of each picture [n, r, r, 3].

    Over mirrorings of the picture and crops of the training pictures: a copier cuts off a border, it can't invent one.
    """
    tensors = to_tensor(pictures)
    codes = torch.cat([edge_codes(tensors), edge_codes(tensors.flip(-1))])
    similarity, row = torch.full((len(codes),), -1.0), torch.zeros(len(codes), dtype=torch.long)
    for start in range(0, len(train), block):
        part = to_tensor(train[start : start + block])
        for border, down, right in CROPS:
            best, where = (codes @ edge_codes(_crop(part, border, down, right)).T).max(1)
            row = torch.where(best > similarity, where + start, row)
            similarity = torch.maximum(similarity, best)
    best, mirrored = similarity.unflatten(0, (2, len(pictures))).max(0)
    nearest = row.unflatten(0, (2, len(pictures))).gather(0, mirrored[None])[0]
    return (2.0 - 2.0 * best).clamp_min(0.0).sqrt().numpy(), nearest.numpy()


def edge_codes(pictures: torch.Tensor) -> torch.Tensor:
    """Unit-length histograms of edge directions, [n, 3, SIDE, SIDE] -> [n, ORIENTATIONS * CELLS^2].

    At each pixel the channel with the strongest edge speaks, so that a recoloured copy keeps its edges whatever its
    new colours are; square roots keep one strong outline from drowning the rest.
    """
    padded = F.pad(pictures, (1, 1, 1, 1), mode="replicate")
    right = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    down = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    strength, channel = (right**2 + down**2).max(1, keepdim=True)
    angle = torch.atan2(down.gather(1, channel), right.gather(1, channel))
    # cos^2 around each centre: a soft histogram, so that an edge between two directions is no jump.
    centres = torch.arange(ORIENTATIONS) * (torch.pi / ORIENTATIONS)
    weight = torch.cos(angle - centres.view(1, -1, 1, 1)) ** 4
    energy = F.adaptive_avg_pool2d(weight * strength.sqrt(), CELLS)
    return F.normalize(energy.sqrt().flatten(1), dim=1)


def to_tensor(pictures: np.ndarray) -> torch.Tensor:
    """uint8 [n, r, r, 3] -> float [n, 3, SIDE, SIDE] in 0..1."""
    tensor = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255.0
    if tensor.shape[-1] == SIDE:
        return tensor
    return F.interpolate(tensor, size=(SIDE, SIDE), mode="bilinear", antialias=True)


def _crop(pictures: torch.Tensor, border: int, down: int, right: int) -> torch.Tensor:
    """Cut `border` px off each side, the window moved by (down, right), and scale back to SIDE."""
    if border == 0:
        return pictures
    top, left, size = border + down, border + right, SIDE - 2 * border
    window = pictures[:, :, top : top + size, left : left + size]
    return F.interpolate(window, size=(SIDE, SIDE), mode="bilinear", antialias=True)
