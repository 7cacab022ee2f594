"""Nested settings and reports as the flat names that MLflow keeps: `train.batch`, `glasses.macro_f1`."""

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


def numbers(report: Any, prefix: str = "") -> dict[str, float]:
    """The finite numbers of a report under their flat names; the rest stays in the report itself."""
    return {
        name: float(value)
        for name, value in _leaves(report, prefix)
        if isinstance(value, int | float) and math.isfinite(value)
    }
