"""What an analyst reads: above the runs of each experiment, and at a run itself. MLflow shows Markdown.

Every note begins with plain words, because lists show it as it is written.
"""

from collections.abc import Mapping, Sequence

from anime_gen.tracking.gallery import SAMPLES, words_of

NOTE = "mlflow.note.content"
"""The tag that MLflow shows as a description."""

LINKS = "\n\nSee also:"
"""Where the first line of a run's note ends."""

PICTURES = "pictures"
GROWTH = "growth.webp"
"""Folder of a run's newest pictures, and the animation among them."""

COMMON = """
Each row is one `kedro run`: settings, figures and pictures. A run opens with its pictures; *Artifacts* has all of them
on one page (`pictures.html`), the tables, the reports and every setting (`parameters.yml`). Tags: `command` repeats
the run, `data.fingerprint` is the sha256 of its pictures.
"""

NOTES = {
    "anime-data": "Pictures taken in: `ingest.accepted`, `ingest.duplicates`; reasons are in the table *ingest*.",
    "anime-tagging": """Sub-models that read attributes from a face, scored on held-out pictures: `tagging.f1_median`
(categories) and `tagging.r2_median` (numbers) over the attributes; the table *tagging_attributes* has each of them.""",
    "anime-training": """Generators: every run that trained one, with its losses and pictures by *images seen*.

Rank by `generator.kid` (lower is better; `generator.kid_noise_floor` is data against data), then look at
`generator.spread_mean` (does everything still vary? 1 is the data's own) and `generator.obedience_median` (does the
picture show the tags asked for?). A later `evaluate` writes its figures here too.""",
    "anime-directions": """What moves an attribute: `directions.miss_median`, how far the measured value stays from the
wanted one, and `directions.leakage_median`, how much other attributes move with it.""",
    "anime-evaluation": """Quality, diversity, memory. KID is in our own frozen features: compare it between runs here
and with `generator.kid_noise_floor`, never with published figures.""",
    "anime-models": """Publishing: which model became `challenger`, and whether it beat the `champion`, which is the one
that the page opens.""",
}

SHOWN = (SAMPLES, "evaluate/samples", "evaluate/sweeps", "evaluate/spread", "directions/leakage", "evaluate/nearest")
"""Pictures in the note itself, as far as there are any; the page has all."""

FIGURE_WORDS = {
    "generator.kid": "KID (lower is better)",
    "generator.kid_noise_floor": "KID of data against data",
    "generator.spread_mean": "spread, share of the data's",
    "generator.obedience_median": "obedience to tags (1 is best)",
    "generator.coverage": "coverage",
    "generator.copies_flagged": "samples flagged as copies",
    "directions.miss_median": "a slider's miss, share of the range",
    "directions.leakage_median": "leakage into other attributes",
    "tagging.f1_median": "tags: median F1",
    "tagging.r2_median": "tags: median R2",
    "ingest.accepted": "faces taken in",
    "ingest.duplicates": "copies among them",
    "publish.promoted": "became champion",
}


SHORT = {
    "generator.kid": "KID",
    "generator.spread_mean": "spread",
    "generator.obedience_median": "obedience",
    "directions.miss_median": "miss",
}


def note_for(experiment: str) -> str:
    """The Markdown note of an experiment."""
    return f"{NOTES.get(experiment, f'Runs of {experiment}.')}\n{COMMON}"


def run_note(run_id: str, experiment_id: str, figures: Mapping[str, float], keys: Sequence[str], animated: bool) -> str:
    """The Markdown note of a run: what it came to, then its pictures, which MLflow's own server shows in place."""
    pages = f"#/experiments/{experiment_id}/runs/{run_id}/artifacts"
    links = [f"{LINKS.strip()} [settings]({pages}/parameters.yml)"]
    links += [f"[all pictures, with a slider through training]({pages}/pictures.html)"] if keys else []
    parts = [in_one_line(figures), " · ".join(links)]
    for key in (key for key in SHOWN if key in keys):
        file = GROWTH if key == SAMPLES and animated else file_of(key)
        parts.append(f"{words_of(key)[0]}\n\n![{words_of(key)[0]}]({address_of(run_id, file)})")
    return "\n\n".join([*parts, figure_table(figures)])


def in_one_line(figures: Mapping[str, float]) -> str:
    """The figures that runs are compared by, in words."""
    told = [f"{name} {figures[key]:.4g}" for key, name in SHORT.items() if key in figures]
    return f"{', '.join(told) or 'No figures yet'}."


def figure_table(figures: Mapping[str, float]) -> str:
    """Figures with what they mean, as a Markdown table."""
    rows = [f"| {words} | {figures[key]:.4g} |" for key, words in FIGURE_WORDS.items() if key in figures]
    return "\n".join(["| figure | value |", "| --- | --- |", *rows]) if rows else ""


def file_of(key: str) -> str:
    """Name of the newest picture of a key among the artifacts under `pictures`."""
    return f"{key.replace('/', '-')}.png"


def address_of(run_id: str, file: str) -> str:
    """A picture's address, counted from the page that shows it: it holds behind a proxy and under a prefix too."""
    return f"get-artifact?run_uuid={run_id}&path={PICTURES}/{file}"
