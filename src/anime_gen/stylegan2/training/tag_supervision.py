"""What frozen sub-models teach the generator: show the tags you were given, and be as varied as the data.

Tag consistency is the control loss of GAN-Control (Shoshan et al. 2021, section 3) with sub-models for experts, asked
of real tag vectors and of counterfactual ones, in which some tags are another face's: a slider, trained as it will be
used. Quantile matching is the one-dimensional Wasserstein distance of each tag between a batch of generated and of
real faces.
"""

import numpy as np
import torch
from torch.nn import functional

from anime_gen.stylegan2.networks.condition import SMALLEST_DEVIATION, attribute_columns
from anime_gen.stylegan2.training.augmentation import resample
from anime_gen.stylegan2.training.tag_set import Reader, TagSet
from anime_gen.stylegan2.training.training_config import TagConfig

HUBER = 1.5  # standard deviations beyond which an error counts linearly
# What sub-models look at, so that they are harder to fool: a picture altered at random, by at most ...
SHIFT, ZOOM, TURN = 1 / 32, 0.05, 0.06  # of the side, of the size, radians
CONTRAST, BRIGHTNESS, NOISE = 0.1, 0.05, 0.12  # of pixels in [-1, 1]; noise by its deviation
SIDES_SHARE = 0.25  # of a batch is read half by half
SWAPPED = 2  # groups of attributes replaced in a counterfactual tag vector


class TagSupervision:
    """The losses on what the sub-models read, each column in standard deviations of the training set."""

    def __init__(self, tags: TagSet, config: TagConfig, device: torch.device, dtype: torch.dtype) -> None:
        self.readers, self.read_px, self.config, self.dtype = tags.readers, tags.read_px, config, dtype
        deviation = np.nanstd(tags.values, axis=0).astype(np.float32)
        self.deviation = torch.from_numpy(deviation).clamp_min(SMALLEST_DEVIATION).to(device)
        votes = torch.zeros(len(tags.columns))
        attributes = attribute_columns(tags.columns)
        for places in attributes.values():
            votes[places] = 1.0 / (len(places) * len(attributes))
        self.votes = votes.to(device)  # the columns of one attribute share its vote; all add up to one
        sided = torch.zeros(len(tags.columns))
        for name in tags.both_sides:
            places = attributes[name]
            sided[places] = 1.0 / (len(places) * len(tags.both_sides))
        self.side_votes = sided.to(device)
        self.groups = tags.groups
        self.attributes = list(attributes.values())

    def hide(self, tags: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        """Tags [n, k] of which each attribute is unknown with probability `config.hide`."""
        draws = torch.rand(len(tags), len(self.attributes), generator=random, device=tags.device)
        return _with_nan(tags, draws < self.config.hide, self.attributes)

    def counterfactual(self, tags: torch.Tensor, count: int, random: torch.Generator) -> torch.Tensor:
        """The first `count` rows with two groups of attributes taken from the row halfway round the batch."""
        draws = torch.rand(count, len(self.groups), generator=random, device=tags.device)
        chosen = draws.argsort(dim=1) < min(SWAPPED, len(self.groups))
        take = torch.zeros(count, tags.shape[1], dtype=torch.bool, device=tags.device)
        for number, places in enumerate(self.groups):
            take[:, places] = chosen[:, number, None]
        donors = tags.roll(max(1, len(tags) // 2), dims=0)[:count]
        return torch.where(take, donors, tags[:count])

    def read(self, images: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        """Columns [n, k] that the sub-models whose turn it is read in pictures [n, 3, r, r], each altered a little.

        Averaged down first: that is all that the sub-models see, and altering costs less.
        """
        if images.shape[-1] > self.read_px:
            images = functional.avg_pool2d(images, images.shape[-1] // self.read_px)
        altered = alter(images, random)
        with torch.autocast(images.device.type, dtype=self.dtype, enabled=self.dtype != torch.float32):
            return self._whose_turn(random)(altered).float()

    def _whose_turn(self, random: torch.Generator) -> Reader:
        if len(self.readers) == 1:
            return self.readers[0]
        return self.readers[int(torch.randint(len(self.readers), (1,), generator=random, device=random.device))]

    def consistency(self, read: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
        """Mean over pictures and attributes of the Huber loss of (read - asked) in standard deviations, unknown: 0."""
        return self._error(read, asked, self.votes)

    def sides(self, images: torch.Tensor, asked: torch.Tensor, random: torch.Generator) -> torch.Tensor:
        """The same for what each half of a face has to show by itself, over a part of the batch.

        Sub-models that see both eyes are content with one of the right colour. Shown a half beside its own mirror image
        they read that half's eye (drawn faces: median error of the hue 2.3 degrees, as in the whole picture).
        """
        count = max(1, round(SIDES_SHARE * len(images)))
        half = images.shape[-1] // 2
        left, right = images[:count, ..., :half], images[:count, ..., half:]
        mirrored = torch.cat([torch.cat([left, left.flip(3)], dim=3), torch.cat([right.flip(3), right], dim=3)])
        return self._error(self.read(mirrored, random), asked[:count].repeat(2, 1), self.side_votes)

    def _error(self, read: torch.Tensor, asked: torch.Tensor, votes: torch.Tensor) -> torch.Tensor:
        unknown = asked.isnan()
        error = ((read - asked.nan_to_num()) / self.deviation).masked_fill(unknown, 0.0)
        loss = functional.huber_loss(error, torch.zeros_like(error), reduction="none", delta=HUBER)
        return (loss * votes).sum(dim=1).mean()

    def quantiles(self, read: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        """Mean over attributes of the distance between the sorted read-outs of a batch and those of real faces."""
        known = ~real.isnan().any(dim=0)
        error = (read.sort(dim=0).values - real.nan_to_num().sort(dim=0).values) / self.deviation
        loss = functional.huber_loss(error, torch.zeros_like(error), reduction="none", delta=HUBER)
        return (loss.mean(dim=0) * self.votes * known).sum()


def alter(images: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Images [n, 3, r, r] moved, turned, made larger or smaller, softer, stronger, lighter and noisy, none by much.

    A pattern that only misleads a network seldom survives that; what a person would call a longer mouth does.
    """
    n = len(images)

    def within(limit: float, *shape: int) -> torch.Tensor:
        return limit * (2 * torch.rand(n, *shape, generator=random, device=images.device) - 1)

    altered = resample(images, 1 + within(ZOOM), within(TURN), within(2 * SHIFT, 2))  # a picture is two wide
    soft = functional.avg_pool2d(functional.pad(altered, (1, 1, 1, 1), mode="replicate"), 3, 1)
    altered = altered.lerp(soft, within(1, 1, 1, 1).abs())
    altered = altered * (1 + within(CONTRAST, 1, 1, 1)) + within(BRIGHTNESS, 1, 1, 1)
    noise = torch.randn(altered.shape, generator=random, device=images.device)
    return altered + within(NOISE, 1, 1, 1).abs() * noise


def _with_nan(tags: torch.Tensor, hidden: torch.Tensor, attributes: list[list[int]]) -> torch.Tensor:
    mask = torch.zeros_like(tags, dtype=torch.bool)
    for number, places in enumerate(attributes):
        mask[:, places] = hidden[:, number, None]
    return tags.masked_fill(mask, torch.nan)
