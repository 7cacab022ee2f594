"""The closing table of `make demo`: what was made, how good it is, where it lies, what to do next."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anime_gen.project.sources import in_words
from anime_gen.serving.registry import CHALLENGER, CHAMPION, Registry
from anime_gen.tracking.figures import headlines
from anime_gen.tracking.store import RegistryUnreachableError, TrackingStore

if TYPE_CHECKING:
    from anime_gen.project import Project

REPORTS = "08_reporting"
Report = Mapping[str, Any]


def summary(project: "Project") -> str:
    """The table as text, about the source at hand; reports that are not there yet say which command makes them."""
    env = project.loader.env
    rows = [("Model", _model(TrackingStore.of(project)), ""), ("Source", in_words(project.chosen.settings), "")]
    for name, (told, command) in TELLERS.items():
        path = project.source_folder / REPORTS / f"{name}.json"
        root = project.root.resolve()
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        report = _read(path)
        missing = f"not made yet: {command}" + (f" --env={env}" if env else "")
        rows.append((name.capitalize(), told(report) if report else missing, str(shown)))
    widths = [max(len(row[i]) for row in rows) for i in range(2)]
    lines = [f"  {row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}".rstrip() for row in rows]
    rule = "-" * max(map(len, lines))
    make = f"KEDRO_ENV={env} make" if env else "make"
    following = f"Next: `{make} app` opens the page on http://127.0.0.1:8501, `{make} mlflow` shows every run."
    return "\n".join([rule, *lines, rule, following])


def _model(store: TrackingStore) -> str:
    try:
        registry = Registry(store)
    except RegistryUnreachableError as error:
        return str(error)
    champion, challenger = registry.version_of(CHAMPION), registry.version_of(CHALLENGER)
    if champion is None:
        return f"no version of {registry.name} registered yet"
    tags = registry.tags_of(champion)
    words = (
        f"{registry.name} version {champion} is champion ({tags.get('resolution', '?')} px, {tags.get('origin', '?')})"
    )
    return words if challenger in (None, champion) else f"{words}; challenger: version {challenger}"


def _ingest(report: Report) -> str:
    rejected = sum(report.get("rejected", {}).values())
    return f"{report.get('accepted')} faces of {report.get('seen')}; {rejected} rejected"


def _tagging(report: Report) -> str:
    entries = [entry for entry in report.values() if isinstance(entry, Mapping)]
    f1, r2 = _medians("tagging", report, "f1_median", "r2_median")
    return f"{len(entries)} attributes; median F1 {f1}, median R2 {r2} on held-out faces"


def _generator(report: Report) -> str:
    if report.get("reason"):
        return f"{report.get('resolution')} px; {report['reason']}"
    kid, floor, spread = (_number(report.get(key)) for key in ("kid", "kid_noise_floor", "spread_mean"))
    return f"{report.get('resolution')} px; KID {kid} (data against data {floor}), spread {spread} of the data's"


def _directions(report: Report) -> str:
    entries = [entry for entry in report.values() if isinstance(entry, Mapping)]
    miss, leakage = _medians("directions", report, "miss_median", "leakage_median")
    return f"{len(entries)} sliders; median miss {miss}, median leakage {leakage}"


def _publish(report: Report) -> str:
    return str(report.get("reason"))


TELLERS: dict[str, tuple[Callable[[Report], str], str]] = {
    "ingest": (_ingest, "kedro run --pipelines=ingest"),
    "tagging": (_tagging, "kedro run --pipelines=tag"),
    "generator": (_generator, "kedro run --pipelines=evaluate"),
    "directions": (_directions, "kedro run --pipelines=directions"),
    "publish": (_publish, "kedro run --pipelines=publish"),
}


def _medians(name: str, report: Report, *keys: str) -> list[str]:
    figures = headlines(name, report)
    return [_number(figures.get(f"{name}.{key}")) for key in keys]


def _number(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, int | float) else "unknown"


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
