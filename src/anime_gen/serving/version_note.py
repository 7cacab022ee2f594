"""What the registry's pages say: of the model, and of each version, its card, its figures and why it has its rank."""

from collections.abc import Mapping, Sequence
from typing import Any

from anime_gen.tracking.notes import address_of, figure_table

SAMPLES = "version-samples.png"
"""Characters 0 to 15 of a version, among the pictures of its run."""

MODEL_NOTE = """Anime faces with sliders. The version called `champion` is the one that the page opens and `make serve`
serves; `challenger` is the newest one that was published. A challenger becomes champion only when it beats the champion
at the gate: both measured in the same run on the same held-out faces, better in KID or spread beyond noise and worse in
neither. The description of a version says how that went."""

LEFT_OUT = (
    "MLflow looks at a request before the model does: it leaves out columns and parameters by other names, with a line "
    "in the server's log, takes a seed of 7.5 for 7, and answers itself what is no table at all."
)
"""What the model cannot refuse, because it never sees it."""

NOT_JUDGED = "Registered without the gate."


def version_note(
    card: Mapping[str, Any], run_id: str, verdict: str = "", scores: Sequence[Mapping[str, Any]] = ()
) -> str:
    """The description of a version: rank and reason, samples, figures, data and use."""
    figures = {f"generator.{key}": value for key, value in (card.get("figures") or {}).items() if value is not None}
    parts = [
        verdict or NOT_JUDGED,
        f"![Characters 0 to 15]({address_of(run_id, SAMPLES)})",
        figure_table(figures),
        _score_table(scores),
        f"{card.get('resolution')} px, trained on {card.get('data', 'unknown data')} (licence: "
        f"{card.get('licence', 'not stated')}), {card.get('images_seen') or 0:,} images seen. {card.get('note') or ''}",
        "Input: column `seed` (whole number). Parameters: `psi` (0 to 2, lower is closer to the average face; default "
        '0.7), `attributes` (JSON text, for example `{"hair_length": 0.8}`), `format` (`array` or `png`). '
        f"It can move: {', '.join(card.get('attributes', []))}. {LEFT_OUT}",
    ]
    return "\n\n".join(part for part in parts if part)


def _score_table(scores: Sequence[Mapping[str, Any]]) -> str:
    """Challenger and champion beside each other, as the gate measured them."""
    if not scores:
        return ""
    columns = [key for key in scores[0] if key != "model"]
    rows = [[str(score["model"]), *(_short(score[key]) for key in columns)] for score in scores]
    lines = [["at the gate", *columns], ["---"] * (len(columns) + 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
