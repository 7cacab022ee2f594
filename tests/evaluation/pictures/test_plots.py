"""What the diagrams show: the curves and bars, not the pixels."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from anime_gen.evaluation.pictures import plots

CURVE = [
    {"psi": 0.5, "density": 1.2, "coverage": 0.4, "vendi": 5.0, "kid": 0.03},
    {"psi": 1.0, "density": 0.9, "coverage": 0.8, "vendi": None, "kid": 0.01},
]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures behind the pictures made."""
    figures, pixels = [], plots._pixels
    monkeypatch.setattr(plots, "_pixels", lambda canvas: (figures.append(canvas.figure), pixels(canvas))[1])
    return figures


def curves(figure: Figure) -> dict[str, list[tuple[float, float]]]:
    """Legend -> points of its line."""
    lines = [line for axis in figure.axes for line in axis.get_lines()]
    return {line.get_label(): [(float(x), float(y)) for x, y in zip(*line.get_data(), strict=True)] for line in lines}


def test_truncation_shows_every_figure_over_psi_and_the_noise_floor(drawn):
    picture = plots.plot_truncation(CURVE, {"vendi_data": 10.0, "kid_noise_floor": 0.005, "resolution": 64})
    assert picture.dtype == np.uint8
    assert picture.shape[2] == 3
    assert len(np.unique(picture)) > 10
    (figure,) = drawn
    found = curves(figure)
    assert found["density"] == [(0.5, 1.2), (1.0, 0.9)]
    assert found["coverage"] == [(0.5, 0.4), (1.0, 0.8)]
    assert found["Vendi / data's"] == [(0.5, 0.5), (1.0, 0.0)]
    assert found["KID"] == [(0.5, 0.03), (1.0, 0.01)]
    assert {y for _, y in found["noise floor"]} == {0.005}
    upper, lower = figure.axes
    assert 1.0 in (line.get_ydata()[0] for line in upper.get_lines())
    assert upper.get_title() == "64 px: fidelity against diversity"
    assert lower.get_xlabel() == "truncation psi"
    legends = [[text.get_text() for text in axis.get_legend().get_texts()] for axis in figure.axes]
    assert legends == [["density", "coverage", "Vendi / data's"], ["KID", "noise floor"]]
    assert not any(axis.get_legend().get_frame_on() for axis in figure.axes)
    assert upper.get_shared_x_axes().joined(upper, lower)


def test_spread_shows_the_narrowest_attribute_first_and_leaves_out_the_unknown(drawn):
    few = plots.plot_spread({"smile": 0.9, "hat": None, "blush": 0.2})
    more = plots.plot_spread({str(i): 0.5 for i in range(20)})
    assert more.shape[0] - few.shape[0] == pytest.approx(0.2 * 18 * 100, abs=2)
    axis = drawn[0].axes[0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["blush", "smile"]
    assert [bar.get_width() for bar in axis.patches] == [0.2, 0.9]
    assert axis.get_lines()[0].get_xdata()[0] == 1.0
    assert axis.get_xlabel().startswith("spread, share of the data's")


def test_leakage_shows_mean_worst_and_miss_of_each_slider(drawn):
    report = {
        "smile": {"leakage_mean": 0.3, "leakage_max": 0.9, "hit_median": 0.02},
        "hat": {"leakage_mean": None},
        "blush": {"leakage_mean": 0.1, "leakage_max": 0.4, "hit_median": 0.05},
    }
    plots.plot_leakage(report)
    left, right = drawn[0].axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["blush", "smile"]
    assert [bar.get_width() for bar in left.patches] == [0.1, 0.3]
    assert [bar.get_width() for bar in right.patches] == [0.05, 0.02]
    assert left.get_lines()[0].get_xdata().tolist() == [0.4, 0.9]
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["worst", "mean"]
    assert (left.get_xlabel(), right.get_xlabel()) == ("leakage into other attributes", "miss, share of the range")
