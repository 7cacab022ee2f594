"""A model in an artist's words: what it draws, what it learnt from, what it is good and bad at."""

import math
from typing import Any

from anime_gen.serving.bundle import Bundle

NAMED = 5
WEAK = 0.85
"""Agreement with what was asked below which a slider is called unreliable."""


def sentences(bundle: Bundle) -> list[str]:
    """What is known, most important first; figures that this model has not are left out."""
    card, figures = bundle.card, bundle.reports.get("generator", {})
    said = [_what(bundle), _source(card), _variety(figures), _likeness(figures), _eyes(figures), _copies(figures)]
    return [sentence for sentence in [*said, *_sliders(bundle, figures)] if sentence]


def _what(bundle: Bundle) -> str:
    side, count = bundle.generator.config.resolution, len(bundle.directions.attributes)
    return f"It draws anime faces of {side} x {side} pixels, and {count} features of a face can be moved."


def _source(card: dict[str, Any]) -> str:
    pictures, licence = _number(card.get("pictures")), card.get("licence") or "not stated"
    counted = f"{pictures:,.0f} pictures" if pictures else "pictures"
    return f"It learnt from {counted}. Their licence: {licence}."


def _variety(figures: dict[str, Any]) -> str:
    spread = _number(figures.get("spread_mean"))
    if spread is None:
        return ""
    return f"Its characters differ from one another {100 * min(spread, 1.0):.0f} % as much as those it learnt from."


def _likeness(figures: dict[str, Any]) -> str:
    worth, data = _number(figures.get("vendi")), _number(figures.get("vendi_data"))
    samples = (figures.get("counts") or {}).get("samples")
    if worth is None or data is None or not samples:
        return ""
    return (
        f"{samples:,} characters at random are worth {worth:.0f} entirely different ones; as many of the pictures it "
        f"learnt from are worth {data:.0f}."
    )


def _eyes(figures: dict[str, Any]) -> str:
    match, data = _number(figures.get("eyes_match")), _number(figures.get("eyes_match_data"))
    if match is None or data is None:
        return ""
    weak = "Look at the eyes: " if match < 0.8 * data else ""
    return f"{weak}left and right eye match in {100 * match:.0f} of 100 faces; in drawings in {100 * data:.0f}."


def _copies(figures: dict[str, Any]) -> str:
    flagged, samples = _number(figures.get("copies_flagged")), (figures.get("counts") or {}).get("samples")
    if flagged is None or not samples:
        return ""
    words = "as many as chance brings about" if not figures.get("copying") else "more than chance brings about"
    return f"Of {samples:,} faces, {flagged:.0f} came close to a picture it learnt from: {words}."


def _sliders(bundle: Bundle, figures: dict[str, Any]) -> list[str]:
    """Which features it gives a face reliably when asked, and which it does not."""
    words = bundle.tagger.vocabulary
    agreement = {name: _number(value) for name, value in (figures.get("obedience") or {}).items()}
    known = sorted((value, name) for name, value in agreement.items() if value is not None and name in words)
    best = [words[name].label.lower() for value, name in reversed(known) if value >= WEAK][:NAMED]
    worst = [words[name].label.lower() for value, name in known if value < WEAK][:NAMED]
    said = [f"It is surest with {', '.join(best)}."] if best else []
    return [*said, f"It is unsure with {', '.join(worst)}: look before you keep."] if worst else said


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
