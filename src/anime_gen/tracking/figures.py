"""What of a report is a figure of the run, to rank runs by, and what is a table to read."""

import statistics
from collections.abc import Mapping
from typing import Any

from anime_gen.tracking.flat import finite

STATED = {
    "ingest": ("accepted", "duplicates"),
    "generator": ("kid", "kid_noise_floor", "spread_mean", "obedience_median", "coverage", "copies_flagged"),
    "publish": ("promoted",),
}
"""Figures that a report states itself."""

MEDIANS = {
    "tagging": {"f1_median": "macro_f1", "r2_median": "r2"},
    "directions": {"miss_median": "hit_median", "leakage_median": "leakage_mean"},
}
"""Figures that are a median over a report's attributes."""

Report = Mapping[str, Any]


def headlines(name: str, report: Report) -> dict[str, float]:
    """The few figures by which runs are told apart, such as `generator.kid`; unknown ones are left out."""
    found = {key: finite(report.get(key)) for key in STATED.get(name, ())}
    for key, figure in MEDIANS.get(name, {}).items():
        values = [finite(entry.get(figure)) for entry in report.values() if isinstance(entry, Mapping)]
        known = [value for value in values if value is not None]
        found[key] = statistics.median(known) if known else None
    return {f"{name}.{key}": value for key, value in found.items() if value is not None}


def tables(name: str, report: Report) -> dict[str, list[dict[str, Any]]]:
    """The rest: `<name>` has a row a figure, `<name>_attributes` a row an attribute."""
    groups = {key: value for key, value in report.items() if isinstance(value, Mapping)}
    figures = [{"figure": key, "value": value} for key, value in report.items() if _is_plain(value)]
    if len(groups) == len(report):
        rows = [{"attribute": key} | {k: v for k, v in entry.items() if _is_plain(v)} for key, entry in groups.items()]
    else:
        columns = {key: group for key, group in groups.items() if all(map(_is_plain, group.values()))}
        names = dict.fromkeys(attribute for group in columns.values() for attribute in group)
        rows = [{"attribute": a} | {key: group.get(a) for key, group in columns.items()} for a in names]
    return {key: value for key, value in {name: figures, f"{name}_attributes": rows}.items() if value}


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, int | float | str)
