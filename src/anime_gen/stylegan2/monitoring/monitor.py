"""How good and how varied the generator's pictures are while it trains, without any network that was trained elsewhere.

Features are fixed random convolutions and coarse pixels: weaker than those of the evaluation stage, but free, and the
same for every run. Distances compare checkpoints of one run with each other; they are no FID.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch.nn import functional

from anime_gen.stylegan2.monitoring.vendi import vendi_of_kernel
from anime_gen.stylegan2.networks.resample import downsample2
from anime_gen.stylegan2.streams import stream

WIDTHS = (3, 32, 64, 128)
COARSE = 8
BATCH_PIXELS = 2**21  # whose maps are in memory at once: about 300 MiB
LUMA = (0.299, 0.587, 0.114)


def random_features(images: torch.Tensor) -> torch.Tensor:
    """[n, 3, r, r] -> [n, d]: means and deviations after each of three random convolutions, and the pixels at 8x8."""
    batch = max(1, BATCH_PIXELS // images.shape[-1] ** 2)
    return torch.cat([_features(part) for part in images.split(batch)])


def _features(images: torch.Tensor) -> torch.Tensor:
    x, columns = images, [functional.adaptive_avg_pool2d(images, COARSE).flatten(1)]
    for level, (before, after) in enumerate(pairwise(WIDTHS)):
        weight = torch.randn(after, before, 3, 3, generator=stream(0, "monitor", level)).to(images.device)
        x = functional.relu(functional.conv2d(x, weight * (2 / (9 * before)) ** 0.5, padding=1))
        columns += [x.mean(dim=(2, 3)), x.std(dim=(2, 3))]
        if x.shape[-1] > 4:
            x = downsample2(x)
    return torch.cat(columns, dim=1)


def kernel_distance(x: torch.Tensor, y: torch.Tensor) -> float:
    """Unbiased squared MMD of two sets of features [n, d], [m, d] with the kernel (x.y / d + 1)^3, as KID has it.

    Both are scaled by the deviation of `y`, the real ones. Zero on average for two samples of one distribution.
    """
    centre, spread = y.mean(dim=0), y.std(dim=0) + 1e-6
    x, y = ((x - centre) / spread).double(), ((y - centre) / spread).double()
    n, m, d = len(x), len(y), x.shape[1]
    xx, yy, xy = ((a @ b.t() / d + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    within = (xx.sum() - xx.diagonal().sum()) / (n * (n - 1)) + (yy.sum() - yy.diagonal().sum()) / (m * (m - 1))
    return float(within - 2 * xy.mean())


def structure(images: torch.Tensor) -> torch.Tensor:
    """Light and dark at 8x8, each picture with its own mean and contrast taken out: [n, 64]."""
    luma = (images * torch.tensor(LUMA, device=images.device).view(1, 3, 1, 1)).sum(dim=1, keepdim=True)
    coarse = functional.adaptive_avg_pool2d(luma, COARSE).flatten(1)
    coarse = coarse - coarse.mean(dim=1, keepdim=True)
    result: torch.Tensor = coarse / (coarse.norm(dim=1, keepdim=True) + 0.05)
    return result


def colour(images: torch.Tensor) -> torch.Tensor:
    """Differences from grey at 2x2: [n, 12]."""
    coarse = functional.adaptive_avg_pool2d(images, 2)
    return (coarse - coarse.mean(dim=1, keepdim=True)).flatten(1)


def scale_of(features: torch.Tensor) -> float:
    """Half of the median distance within a set: what counts as different."""
    return float(torch.pdist(features).median()) / 2 + 1e-6


def vendi_score(features: torch.Tensor, scale: float) -> float:
    """Effective number of distinct items under the Gaussian kernel exp(-(distance / scale)^2) of features [n, d]."""
    kernel = (-(torch.cdist(features.double(), features.double()) / scale).square()).exp()
    return vendi_of_kernel(kernel.cpu().numpy())


class Monitor:
    """Compares generated pictures with real ones of the same stage."""

    def __init__(self, real: torch.Tensor) -> None:
        """`real` [n, 3, r, r] are the pictures to measure against."""
        self.features = random_features(real)
        self.views = {"structure": structure, "colour": colour}
        self.scales = {name: scale_of(view(real)) for name, view in self.views.items()}
        self.variety = {name: vendi_score(view(real), self.scales[name]) for name, view in self.views.items()}

    @torch.no_grad()
    def measure(self, generated: torch.Tensor) -> dict[str, float]:
        """`quality/kernel_distance` (lower is better); per view, `variety/<view>`: Vendi score over the data's own."""
        result = {"quality/kernel_distance": kernel_distance(random_features(generated), self.features)}
        for name, view in self.views.items():
            result[f"variety/{name}"] = vendi_score(view(generated), self.scales[name]) / self.variety[name]
        return result


def newest(history: Sequence[dict[str, float]], name: str, count: int) -> list[float]:
    """The last `count` values of one figure."""
    return [entry[name] for entry in history if name in entry][-count:]
