"""Edit figures of all attributes in one line a method."""

from typing import Any

import numpy as np

FIGURES = ("hit_median", "hit_p90", "as_asked", "spearman", "leakage_mean", "leakage_max", "identity_drift")


def summarise_edits(report: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Method -> mean of each figure over the attributes for which all methods have it, and how many those are.

    A method that never has a figure, as doing nothing has no leakage, does not count.
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
        "not_judged": [n for n, e in report.items() if "methods" not in e],
    }
