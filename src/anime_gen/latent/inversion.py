"""A latent whose picture is like one from outside: what the sub-models read in it, then some steps of descent.

The tags read in the picture give the start, g(tags) beside the centre of f. From there tags, f's part and small offsets
of single layers (W+) are moved down the distance to the picture. Each pays for its distance from the start, for near it
sliders go on to work (Tov et al., *Designing an Encoder for StyleGAN Image Manipulation*, 2021): a picture that the
generator can make is met closely, one in a style of its own only as far as it stays a face of this generator. Hence
logarithms: halving a large distance is worth no more than halving a small one.
"""

import math
from collections.abc import Generator as Steps
from dataclasses import dataclass

import torch

from anime_gen.latent.perception import colour_distance, map_distance, unit_maps
from anime_gen.latent.protocols import Painter, PerceptiveReader
from anime_gen.latent.space import LatentSpace, fit_space
from anime_gen.latent.tag_wishes import TagWishes
from anime_gen.stylegan2.networks.generator import Generator
from anime_gen.stylegan2.streams import stream

STEPS = 20
STEP, WARM_UP = 0.15, 3
"""Length of the first full step in standard deviations, and how many steps lead up to it; a cosine leads down."""
TAG_PRICE, SHARED_PRICE, LAYER_PRICE = 5.0, 5.0, 10.0
"""What a mean square standard deviation away from the start costs, against the logarithm of a distance."""
COLOUR_FLOOR, MAP_FLOOR = 0.003, 0.009
"""Distances too small to be seen; getting below them is worth nothing."""
LOOK = (1, 2, 3)
"""Stages of the sub-models compared on the way; the first is too fine for another hand's lines."""
KIND = (2, 3)
"""Stages compared where a picture is only as good as its tags."""
FIRST_CHOICE = 0.93
"""Another view is taken only if it comes nearer than this share of the first one's distance."""
AT_ONCE = 4
"""Views that are read together."""
SAMPLES, RANK, KEPT = 1024, 128, 0.98


@dataclass(frozen=True)
class Inverted:
    """ws [1, num_ws, w_dim] for the view number `view`, in which `readout` [c] was read.

    `strangeness`: map distance between that view and the picture of its tags: about 0.2 where it could have been made
    by this generator, 0.7 and more where it is drawn by another hand.
    """

    ws: torch.Tensor
    view: int
    readout: torch.Tensor
    strangeness: float


class Inverter:
    """Imitates pictures with one generator; `painter` paints as its synthesis does at the side `px`, only faster."""

    def __init__(
        self, generator: Generator, reader: PerceptiveReader, tools: TagWishes | None, painter: Painter
    ) -> None:
        """`tools` is what knows of the generator's tags, if it has any."""
        self.generator, self.reader, self.tools, self.painter = generator, reader, tools, painter
        self.px = generator.config.resolution_for(reader.input_px)
        self.space = self._space()

    def invert(self, views: torch.Tensor) -> Steps[float, None, Inverted]:
        """Imitate one of the views [k, 3, px, px] in [-1, 1] of a picture: the one that shows a face best.

        A generator in Python's sense: between its steps, which give the share that is done, others may have their turn.
        """
        readouts, distances = [], []
        turns = -(-len(views) // AT_ONCE)
        for part in views.split(AT_ONCE):
            readout, distance = self._judged(part)
            readouts.append(readout)
            distances.append(distance)
            yield len(distances) / (turns + STEPS)
        apart = torch.cat(distances)
        apart[0] *= FIRST_CHOICE
        view = int(apart.argmin())
        readout, strangeness = torch.cat(readouts)[view], float(torch.cat(distances)[view])
        descent = _Descent(self, views[view : view + 1], readout)
        for number in range(STEPS):
            descent.step(number)
            yield (turns + number + 1) / (turns + STEPS)
        return Inverted(descent.ws(), view, readout, strangeness)

    @torch.no_grad()
    def _judged(self, views: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What is read [k, c] in views [k, 3, px, px], and how far [k] the pictures of these tags are from them."""
        maps = self.reader.maps(views)
        readout = self.reader.readout_of_maps(maps)
        painted = torch.cat([self.painter(self.of_tags(self.standard_tags(one))) for one in readout])
        return readout, map_distance(unit_maps(maps), unit_maps(self.reader.maps(painted)), KIND)

    def standard_tags(self, readout: torch.Tensor) -> torch.Tensor:
        """Standardised tags [1, k] of a read-out [c]; none for a generator that knows no tags."""
        return torch.zeros(1, 0) if self.tools is None else self.tools.standard(self.tools.read_off(readout))

    def of_tags(self, x: torch.Tensor) -> torch.Tensor:
        """Ws [1, num_ws, w_dim] of standardised tags x [1, k] and the centre of f."""
        ws = self.space.mean.expand(1, self.generator.num_ws, -1)
        if self.tools is None:
            return self.generator.mapping.add_tags(ws, None)
        x = torch.maximum(torch.minimum(x, self.tools.high), self.tools.low)
        return self.generator.mapping.add_tags(ws, self.tools.tags(x))

    @torch.no_grad()
    def _space(self) -> LatentSpace:
        """What f varies in, in its standard deviations, for each layer."""
        z = torch.randn(SAMPLES, self.generator.config.z_dim, generator=stream(0, "inversion", 0))
        return fit_space(self.generator.mapping.to_w(z), self.generator.num_ws, self.generator.num_ws, RANK, KEPT)


class _Descent:
    """The steps towards one picture."""

    def __init__(self, inverter: Inverter, picture: torch.Tensor, readout: torch.Tensor) -> None:
        self.inverter, self.picture = inverter, picture
        with torch.no_grad():
            self.maps = unit_maps(inverter.reader.maps(picture))
        self.start = inverter.standard_tags(readout)
        rank, layers = inverter.space.rank, inverter.generator.num_ws
        self.tags = self.start.clone().requires_grad_()
        self.shared = torch.zeros(1, 1, rank, requires_grad=True)
        self.layers = torch.zeros(1, layers, rank, requires_grad=True)
        self.rates = {self.tags: 1.0, self.shared: 1.0, self.layers: 0.5}
        self.adam = torch.optim.Adam([{"params": [part], "lr": 0.0} for part in self.rates], betas=(0.9, 0.95))

    def step(self, number: int) -> None:
        """One step of Adam (Kingma and Ba 2015)."""
        length = STEP * min(1.0, (number + 1) / WARM_UP) * 0.5 * (1.0 + math.cos(math.pi * number / STEPS))
        for group, rate in zip(self.adam.param_groups, self.rates.values(), strict=True):
            group["lr"] = length * rate
        with torch.enable_grad():
            self.adam.zero_grad()
            self._loss().backward()
        if self.tags.grad is not None:
            self.tags.grad.nan_to_num_(0.0)  # unknown tags stay unknown
        self.adam.step()

    def ws(self) -> torch.Tensor:
        """Where it has come to, ws [1, num_ws, w_dim]."""
        with torch.no_grad():
            return self._ws()

    def _ws(self) -> torch.Tensor:
        moved = (self.shared + self.layers).flatten(1)
        return self.inverter.of_tags(self.tags) + self.inverter.space.move(moved)

    def _loss(self) -> torch.Tensor:
        image = self.inverter.generator.synthesis(self._ws(), resolution=self.inverter.px)
        maps = unit_maps(self.inverter.reader.maps(image))
        apart = (colour_distance(image, self.picture) + COLOUR_FLOOR).log()
        apart = apart + (map_distance(maps, self.maps, LOOK) + MAP_FLOOR).log()
        price = SHARED_PRICE * self.shared.square().mean() + LAYER_PRICE * self.layers.square().mean()
        if self.tags.numel():
            price = price + TAG_PRICE * (self.tags - self.start).nan_to_num(0.0).square().mean()
        return apart.sum() + price
