"""Edit figures of all attributes in one line a method."""

from typing import Any

import numpy as np

FIGURES = (
    *("hit_median", "hit_p90", "as_asked", "spearman"),
    *("drift_mean", "leakage_mean", "leakage_max", "identity_drift"),
)


def summarise_edits(report: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Method -> mean of each figure over the attributes for which all methods have it, and how many those are.

    A method that never has a figure, as doing nothing has no leakage, does not count. `beside_redrawn` has the same of
    the page's own path and of a perfect editor, over the attributes that can be drawn again.
    """
    judged = [entry["methods"] for entry in report.values() if entry.get("methods")]
    names = list(judged[0]) if judged else []
    methods: dict[str, dict[str, float | None]] = {name: {} for name in names}
    counts = {}
    for figure in FIGURES:
        able = [name for name in names if any(entry[name][figure] is not None for entry in judged)]
        complete = [entry for entry in judged if all(entry[name][figure] is not None for name in able)]
        counts[figure] = len(complete) if able else 0
        for name in names:
            values = [entry[name][figure] for entry in complete] if name in able else []
            methods[name][figure] = float(np.mean(values)) if values else None
    return {
        "methods": methods,
        "attributes": counts,
        "beside_redrawn": _beside_redrawn(report),
        "not_judged": [n for n, e in report.items() if "methods" not in e],
    }


def _beside_redrawn(report: dict[str, dict[str, Any]]) -> dict[str, dict[str, float | None]]:
    pairs = [(entry, entry["redrawn"]) for entry in report.values() if entry.get("redrawn")]
    means = {}
    for figure in FIGURES:
        both = [(ours[figure], theirs[figure]) for ours, theirs in pairs]
        known = [pair for pair in both if None not in pair]
        means[figure] = np.mean(known, axis=0).tolist() if known else [None, None]
    return {"solve": {f: pair[0] for f, pair in means.items()}, "redrawn": {f: pair[1] for f, pair in means.items()}}
