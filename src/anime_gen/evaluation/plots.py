"""Diagrams of the evaluation as uint8 pictures, so that they go to a file and to a tracker alike."""

from typing import Any

import numpy as np


def plot_truncation(curve: list[dict[str, float | None]], report: dict[str, Any]) -> np.ndarray:
    """Density, coverage and Vendi (as a share of the data's) over psi, and KID below; uint8 [h, w, 3]."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    psi = [point["psi"] for point in curve]
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    canvas = FigureCanvasAgg(figure)
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
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
