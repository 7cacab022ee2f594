"""What characters were told to show, without a picture: the rows of a conditional generator's table, as values."""

import math
from collections.abc import Sequence

import torch

from anime_gen.attributes import Attribute
from anime_gen.serving.bundle import Bundle
from anime_gen.serving.rendering import Value
from anime_gen.stylegan2.inference.characters import tag_row
from anime_gen.stylegan2.networks.condition import attribute_columns


class Expectation:
    """Values that character numbers promise; what they show is measured."""

    def __init__(self, bundle: Bundle) -> None:
        network = bundle.generator.mapping.tags
        self._rows: list[dict[str, Value]] = []
        if network is None:
            return
        table = network.row(torch.arange(len(network.rows))).cpu()
        vocabulary, self._rows = bundle.tagger.vocabulary, [{} for _ in range(len(table))]
        for name, places in attribute_columns(bundle.generator.config.condition).items():
            if name in vocabulary:
                _tell(self._rows, name, _values(vocabulary[name], table[:, places]))
        for name, classes in _decided(bundle, table).items():
            _tell(self._rows, name, classes)

    def of(self, numbers: Sequence[int]) -> list[dict[str, Value]] | None:
        """Attribute -> value for each of these characters; None where the generator knows no tags."""
        return [self._rows[tag_row(number, len(self._rows))] for number in numbers] if self._rows else None


def _tell(rows: list[dict[str, Value]], name: str, values: Sequence[Value | None]) -> None:
    for row, value in zip(rows, values, strict=True):
        if value is not None:
            row[name] = value


def _values(attribute: Attribute, tags: torch.Tensor) -> list[Value | None]:
    """Soft tags [n, columns of the attribute] as values; None where unknown."""
    unknown = tags.isnan().any(1).tolist()
    values: Sequence[Value]
    if attribute.kind == "categorical":
        values = [attribute.classes[k] for k in tags.nan_to_num(0.0).argmax(1).tolist()]
    elif attribute.kind == "cyclic":
        values = [math.degrees(math.atan2(y, x)) % 360.0 for x, y in tags.nan_to_num(0.0).tolist()]
    elif attribute.kind == "binary":
        values = ((tags[:, 0] + 1.0) / 2.0).clamp(0.0, 1.0).tolist()
    else:
        values = tags[:, 0].tolist()
    return [None if hidden else value for hidden, value in zip(unknown, values, strict=True)]


def _decided(bundle: Bundle, table: torch.Tensor) -> dict[str, list[Value | None]]:
    """Classes that other tags decide, such as a colour's name: those of the nearest face that was surely read."""
    response, settings = bundle.directions.tags, bundle.directions.settings
    places, vocabulary = attribute_columns(bundle.generator.config.condition), bundle.tagger.vocabulary
    found: dict[str, list[Value | None]] = {}
    if response is None:
        return found
    derived, carriers = settings.get("derived", {}), settings.get("shown_with", {}).values()
    told = [name for name in vocabulary if name in derived or name in carriers]
    for number, name in enumerate(told):
        columns = [place for source in derived.get(name, []) for place in places.get(source, [])]
        sure = response.classes[:, number] >= 0
        if not columns or not bool(sure.any()):
            continue
        examples, classes = response.examples[sure][:, columns], response.classes[sure, number]
        nearest = torch.cdist(table[:, columns].nan_to_num(0.0), examples).argmin(1)
        found[name] = [vocabulary[name].classes[k] for k in classes[nearest].tolist()]
    return found
