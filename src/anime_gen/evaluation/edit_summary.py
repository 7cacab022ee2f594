"""Edit figures of all attributes in one line a method."""

from typing import Any

import numpy as np

FIGURES = ("hit_median", "hit_p90", "spearman", "leakage_mean", "leakage_max", "identity_drift")


def summarise_edits(report: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Method -> mean of each figure over the attributes for which all methods have it, and how many those are."""
    judged = [entry["methods"] for entry in report.values() if entry.get("methods")]
    names = list(judged[0]) if judged else []
    methods: dict[str, dict[str, float | None]] = {name: {} for name in names}
    counts = {}
    for figure in FIGURES:
        rows = [[entry[name][figure] for name in names] for entry in judged]
        complete = [row for row in rows if all(value is not None for value in row)]
        counts[figure] = len(complete)
        for i, name in enumerate(names):
            methods[name][figure] = float(np.mean([row[i] for row in complete])) if complete else None
    return {
        "methods": methods,
        "attributes": counts,
        "not_judged": [n for n, e in report.items() if "methods" not in e],
    }
