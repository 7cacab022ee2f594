"""From wishes to a tag vector: the first step of a move through g; z, psi and all other tags stay."""

from collections.abc import Mapping

import numpy as np
import torch

from anime_gen.attributes import Attribute
from anime_gen.latent.directions import Directions
from anime_gen.latent.readings import Wish
from anime_gen.latent.tag_response import TagResponse
from anime_gen.stylegan2.networks.condition import ConditionNetwork, attribute_columns
from anime_gen.tagging.classifiers.soft_tags import softened, stated

INWARD = 0.5
"""How far from the nearest example of a decided class towards its middle: at the border readers disagree."""
OPEN_HUE = 0.75
"""A hue whose cosine and sine are shorter than this says nothing: examples of the class have any."""


class TagWishes:
    """The tags of one generator, standardised, and what has to change together in them."""

    def __init__(self, network: ConditionNetwork, columns: tuple[str, ...], directions: Directions) -> None:
        assert directions.tags is not None
        self.network, self.vocabulary = network, directions.vocabulary
        self.response: TagResponse = directions.tags
        self.places = attribute_columns(columns)
        self.derived: dict[str, list[str]] = directions.settings.get("derived", {})
        self.shown_with: dict[str, str] = directions.settings.get("shown_with", {})
        table = network.row(torch.arange(len(network.rows)))
        self.rows = self.standard(table)  # NaN where unknown
        self.low = self.rows.nan_to_num(torch.inf).amin(0)
        self.high = self.rows.nan_to_num(-torch.inf).amax(0)
        self.examples = self.standard(self.response.examples.masked_fill(~self.response.known, torch.nan))
        names = [column.name for column in directions.columns]
        self._columns = [names.index(column) for column in columns]
        carriers = self.shown_with.values()
        self._told = [name for name in self.vocabulary if name in self.derived or name in carriers]

    def standard(self, tags: torch.Tensor) -> torch.Tensor:
        """Tags [n, k] in standard deviations; NaN stays NaN."""
        return (tags - self.network.mean) / self.network.deviation

    def tags(self, x: torch.Tensor) -> torch.Tensor:
        """Standardised tags [..., k] in their own units; NaN stays NaN."""
        return x * self.network.deviation + self.network.mean

    def read_off(self, readout: torch.Tensor) -> torch.Tensor:
        """Tags [1, k] of a picture by its read-out [c], for a face that was made without any."""
        soft = softened(self.vocabulary, readout[None])
        tags = soft[:, self._columns]
        for name in self.places:
            if (carrier := self.carrier(name)) and not bool(tags[0, self.places[carrier][0]] > 0.0):
                tags[:, self.places[name]] = torch.nan
        return tags

    def on_circles(self, x: torch.Tensor) -> torch.Tensor:
        """The same tags with the cosine and sine of each hue brought back into the circle."""
        tags = self.tags(x)
        for name, places in self.places.items():
            if self.vocabulary[name].kind == "cyclic":
                tags[places] = tags[places] / tags[places].norm().clamp_min(1.0)
        return self.standard(tags)

    def carrier(self, name: str) -> str | None:
        """The attribute without which this one cannot be seen, if it is one of the tags."""
        carrier = self.shown_with.get(name)
        return carrier if carrier in self.places else None

    def asked(self, x: torch.Tensor, wishes: Mapping[str, Wish]) -> torch.Tensor:
        """Standardised tags [k] with `wishes` in them; NaN is unknown.

        A decided attribute goes through its deciders: those of the nearest face that was read as the wanted class, and
        on towards the middle of all such faces.
        What is seen only with a switch comes along when it is turned on, and is unknown when it is off.
        """
        x = x.clone()
        for name in sorted(wishes, key=lambda name: name not in self.derived):  # deciders asked for by name win
            value = wishes[name]
            if name in self.places:
                if bool(x[self.places[name]].isnan().any()):
                    self._reveal(x, name)
                x[self.places[name]] = self.standard_value(self.vocabulary[name], value)
            elif deciders := self.deciders(name):
                self._take(x, deciders, self.examples[self._read_as(name, str(value))], INWARD)
        for name in self.shown_with:
            if (carrier := self.carrier(name)) and name in self.places and name not in wishes:
                self._follow(x, name, carrier)
        return x

    def aims(self, x: torch.Tensor, wishes: Mapping[str, Wish]) -> dict[str, Wish]:
        """Values that the deciders of wished classes are to take, from tags x [k]: a surer goal than the class itself.

        A hue that the class leaves open, as black hair does, is none.
        """
        aimed = self.tags(self.asked(x, wishes))
        sources = {source for name in wishes if name not in self.places for source in self.deciders(name)}
        values = {name: self._value(name, aimed) for name in self.vocabulary if name in sources - wishes.keys()}
        return {name: value for name, value in values.items() if value is not None}

    def _value(self, name: str, tags: torch.Tensor) -> Wish | None:
        """What tags [k] say of an attribute, in its units; None where that is nothing certain."""
        own, attribute = tags[self.places[name]], self.vocabulary[name]
        if bool(own.isnan().any()) or (attribute.kind == "cyclic" and float(own.norm()) < OPEN_HUE):
            return None
        if attribute.kind == "categorical":
            return attribute.classes[int(own.argmax())]
        if attribute.kind == "cyclic":
            return float(torch.rad2deg(torch.atan2(own[1], own[0]))) % 360.0
        return float(own[0] > 0.0) if attribute.kind == "binary" else float(own[0])

    def deciders(self, name: str) -> list[str]:
        """Tags that decide an attribute which is no tag itself."""
        return [source for source in self.derived.get(name, []) if source in self.places]

    def standard_value(self, attribute: Attribute, value: Wish) -> torch.Tensor:
        """A certain value as standardised tags [columns of the attribute]."""
        number = attribute.classes.index(str(value)) if attribute.kind == "categorical" else float(value)
        tags = torch.from_numpy(stated(attribute, np.array([number], dtype=np.float64))[0]).float()
        places = self.places[attribute.name]
        return (tags - self.network.mean[places]) / self.network.deviation[places]

    def _read_as(self, name: str, value: str | int) -> torch.Tensor:
        attribute = self.vocabulary[name]
        number = attribute.classes.index(value) if attribute.classes else int(value)
        return self.response.classes[:, self._told.index(name)] == number

    def _reveal(self, x: torch.Tensor, name: str) -> None:
        """Tags that are unknown together with this one are taken from the nearest row that knows it."""
        place = self.places[name][0]
        unknown = [other for other, places in self.places.items() if bool(x[places].isnan().any())]
        self._take(x, [o for o in unknown if not self.carrier(o)], self.rows[~self.rows[:, place].isnan()])

    def _follow(self, x: torch.Tensor, name: str, carrier: str) -> None:
        places = self.places[name]
        on = self.is_on(x, carrier)
        if on and bool(x[places].isnan().any()):
            self._take(x, [name], self.examples[self._read_as(carrier, 1) & ~self.examples[:, places[0]].isnan()])
        elif not on:
            x[places] = torch.nan

    def is_on(self, x: torch.Tensor, switch: str) -> bool:
        """Whether a binary tag of x [k] says yes."""
        return bool(self.tags(x)[self.places[switch][0]] > 0.0)

    def _take(self, x: torch.Tensor, names: list[str], rows: torch.Tensor, inward: float = 0.0) -> None:
        """Copy the tags of `names` from the nearest of rows [m, k], by the mean square over what both know.

        `inward` of the way from it to the rows' mean.
        """
        if not len(rows):
            return
        gap = (rows - x).square()
        nearest = rows[gap.nanmean(1).nan_to_num(torch.inf).argmin()]
        nearest = nearest + inward * (rows.nanmean(0) - nearest)
        for name in names:
            x[self.places[name]] = nearest[self.places[name]]
