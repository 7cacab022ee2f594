"""Pictures of how a sub-model did: learning curves, predicted beside true, reliability, the most wrong faces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from anime_gen.tagging.classifiers.metrics import Judged
from anime_gen.tagging.classifiers.training import Curve

SHOWN = 8
NAME_PX, TEXT_PX, GAP_PX = 110, 28, 16


def _figure(count: int) -> tuple[Any, list[Any]]:
    """A grid of small axes, drawn without a display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(4, max(1, count))
    rows = -(-max(1, count) // columns)
    figure = Figure(figsize=(3.2 * columns, 3.0 * rows), dpi=80)
    figure.subplots_adjust(0.08, 0.08, 0.98, 0.94, 0.35, 0.45)  # a solved layout takes seconds
    FigureCanvasAgg(figure)
    axes = [figure.add_subplot(rows, columns, k + 1) for k in range(max(1, count))]
    return figure, axes


def _pixels(figure: Any) -> np.ndarray:
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[:, :, :3].copy()


def curves(curve: Curve) -> np.ndarray:
    """Training loss and validation score by epoch, the kept epoch marked; uint8 [h, w, 3]."""
    figure, (loss, score) = _figure(2)
    loss.plot(curve.train_loss)
    loss.set(title="training loss", xlabel="epoch")
    score.plot(curve.score)
    score.axvline(curve.best_epoch, linestyle=":")
    score.set(title="validation score (kept: dotted)", xlabel="epoch")
    return _pixels(figure)


def confusion_or_scatter(judged: Mapping[str, Judged]) -> np.ndarray:
    """Confusion matrix of each class attribute, scatter of each continuous one; uint8 [h, w, 3]."""
    figure, axes = _figure(len(judged))
    for axis, (name, entry) in zip(axes, judged.items(), strict=True):
        axis.set_title(name, fontsize=9)
        if entry.attribute.kind in ("binary", "categorical"):
            classes = entry.attribute.classes or ("no", "yes")
            matrix = confusion(entry)
            axis.imshow(matrix / np.maximum(1, matrix.sum(axis=1, keepdims=True)), vmin=0, vmax=1, cmap="Blues")
            axis.set_xticks(range(len(classes)), classes, rotation=90, fontsize=6)
            axis.set_yticks(range(len(classes)), classes, fontsize=6)
            for (row, column), count in np.ndenumerate(matrix):
                if count:
                    axis.text(column, row, str(count), ha="center", va="center", fontsize=5)
        else:
            axis.scatter(entry.truth, entry.value, s=3, alpha=0.4)
            limits = (entry.attribute.low, entry.attribute.high)
            axis.plot(limits, limits, linewidth=0.7, color="black")
        axis.set_xlabel("predicted" if entry.attribute.kind in ("binary", "categorical") else "true", fontsize=7)
    return _pixels(figure)


def confusion(entry: Judged) -> np.ndarray:
    """Counts [true class, predicted class]."""
    size = len(entry.attribute.classes) or 2
    predicted = (entry.value >= 0.5) if entry.attribute.kind == "binary" else entry.value
    matrix = np.zeros((size, size), dtype=int)
    np.add.at(matrix, (entry.truth.astype(int), predicted.astype(int)), 1)
    return matrix


def reliability(judged: Mapping[str, Judged]) -> np.ndarray:
    """Share that was right against the confidence stated, ten bins of equal count; uint8 [h, w, 3]."""
    figure, axes = _figure(len(judged))
    for axis, (name, entry) in zip(axes, judged.items(), strict=True):
        parts = [part for part in np.array_split(np.argsort(entry.confidence), 10) if len(part)]
        stated = [entry.confidence[part].mean() for part in parts]
        axis.plot([0, 1], [0, 1], linewidth=0.7, color="black")
        axis.plot(stated, [entry.right[part].mean() for part in parts], marker="o", markersize=3)
        axis.set_title(name, fontsize=9)
        axis.set(xlim=(0, 1), ylim=(0, 1.02))
    return _pixels(figure)


def worst_pictures(judged: Mapping[str, Judged], pictures: np.ndarray) -> np.ndarray:
    """A row of the most wrong faces for each attribute, predicted and true value below each; uint8 [h, w, 3]."""
    side = pictures.shape[1]
    sheet = Image.new("RGB", (NAME_PX + SHOWN * (side + GAP_PX), len(judged) * (side + TEXT_PX)), "white")
    draw = ImageDraw.Draw(sheet)
    for row, (name, entry) in enumerate(judged.items()):
        top = row * (side + TEXT_PX)
        draw.text((2, top + side // 2), name, fill="black")
        for place, worst in enumerate(np.argsort(-entry.error)[:SHOWN]):
            left = NAME_PX + place * (side + GAP_PX)
            sheet.paste(Image.fromarray(pictures[entry.rows[worst]]), (left, top))
            guess, truth = _shown(entry, entry.value[worst]), _shown(entry, entry.truth[worst])
            draw.text((left, top + side), f"{guess}\nis {truth}", fill="black")
    return np.asarray(sheet)


def _shown(entry: Judged, value: float) -> str:
    if entry.attribute.kind == "categorical":
        return entry.attribute.classes[int(value)]
    return f"{value:.{entry.attribute.decimals}f}"
