"""Diagrams of the evaluation as uint8 pictures, so that they go to a file and to a tracker alike."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure


def plot_truncation(curve: list[dict[str, float | None]], report: dict[str, Any]) -> np.ndarray:
    """Density, coverage and Vendi (as a share of the data's) over psi, and KID below; uint8 [h, w, 3]."""
    psi = [point["psi"] for point in curve]
    figure, canvas = _sheet(5.2)
    upper, lower = figure.subplots(2, 1, sharex=True)
    upper.plot(psi, [point["density"] for point in curve], "o-", label="density")
    upper.plot(psi, [point["coverage"] for point in curve], "s-", label="coverage")
    upper.plot(psi, [(point["vendi"] or 0.0) / report["vendi_data"] for point in curve], "^-", label="Vendi / data's")
    upper.axhline(1.0, color="0.7", linewidth=0.8)
    upper.legend(frameon=False)
    upper.set_title(f"{report.get('resolution', '?')} px: fidelity against diversity")
    lower.plot(psi, [point["kid"] for point in curve], "o-", color="tab:red", label="KID")
    lower.axhline(report["kid_noise_floor"], color="0.5", linestyle="--", label="noise floor")
    lower.set_xlabel("truncation psi")
    lower.legend(frameon=False)
    return _pixels(canvas)


def plot_spread(spread: Mapping[str, float | None]) -> np.ndarray:
    """Each attribute's spread over generated faces as a share of the data's, narrowest first; uint8 [h, w, 3]."""
    known = sorted((value, name) for name, value in spread.items() if value is not None)
    figure, canvas = _sheet(0.9 + 0.2 * len(known))
    axis = figure.subplots()
    axis.barh([name for _, name in known], [value for value, _ in known], color="tab:blue", height=0.6)
    axis.axvline(1.0, color="0.3", linestyle="--", linewidth=0.8)
    axis.set_xlabel("spread, share of the data's (1: as varied as the data)")
    axis.margins(y=0.01)
    return _pixels(canvas)


def plot_leakage(report: Mapping[str, Mapping[str, Any]]) -> np.ndarray:
    """Each slider's leakage, mean and worst, and its miss, from the report of directions; uint8 [h, w, 3]."""
    judged = {name: entry for name, entry in report.items() if entry.get("leakage_mean") is not None}
    names = sorted(judged, key=lambda name: judged[name]["leakage_mean"])
    figure, canvas = _sheet(0.9 + 0.2 * len(names))
    left, right = figure.subplots(1, 2, sharey=True)
    left.barh(names, [judged[name]["leakage_mean"] for name in names], color="tab:orange", height=0.6, label="mean")
    left.plot([judged[name]["leakage_max"] for name in names], names, "k|", label="worst")
    left.set_xlabel("leakage into other attributes")
    left.legend(frameon=False, loc="lower right")
    right.barh(names, [judged[name]["hit_median"] for name in names], color="tab:green", height=0.6)
    right.set_xlabel("miss, share of the range")
    left.margins(y=0.01)
    return _pixels(canvas)


def _sheet(height: float) -> tuple["Figure", "FigureCanvasAgg"]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, height), layout="constrained")
    return figure, FigureCanvasAgg(figure)


def _pixels(canvas: "FigureCanvasAgg") -> np.ndarray:
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
