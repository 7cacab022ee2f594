"""Nested settings as the flat names that MLflow keeps: `train.batch`."""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel


def plain(value: Any) -> Any:
    """A pydantic model or dataclass as a dict; anything else as it is."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return value


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """`{"a": {"b": 1}}` as `{"a.b": 1}`; lists stay whole, models and dataclasses are dicts, empty is none."""
    return dict(_leaves(value, prefix))


def _leaves(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    value = plain(value)
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{prefix}.{key}" if prefix else str(key))
    elif prefix:
        yield prefix, value


def nested(value: Any) -> Any:
    """The same as plain dicts, lists and values throughout, to be written as YAML."""
    value = plain(value)
    if isinstance(value, Mapping):
        return {str(key): nested(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [nested(inner) for inner in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def finite(value: Any) -> float | None:
    """A number as MLflow keeps it; None for anything else, NaN and infinity included."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
