"""What an analyst reads above the runs of each experiment."""

COMMON = """
Each row is one `kedro run`; open it for parameters, figures, pictures and the JSON reports under *Artifacts*.
Tags: `mlflow.source.git.commit` and `git.dirty` (the code), `data.fingerprint` (sha256 of the pictures), `device`,
`command` (repeats the run). Figures of a report are `<report>.<key>`: `generator.kid`, `tagging.glasses.macro_f1`.
"""

NOTES = {
    "anime-data": "**Pictures taken in.** `ingest.accepted`, `ingest.duplicates`, `ingest.rejected.<reason>`.",
    "anime-tagging": """**Sub-models that read attributes from a face**, scored on held-out pictures.
`macro_f1` (categories), `r2` (numbers), `auroc`, `ece` (calibration error, lower is better), `coverage_at_95` (share of
faces that can be tagged when at most 5 % of the tags may be wrong).""",
    "anime-training": """**Generators.** A run holds one child run per resolution of the growing network.
The step of every figure and picture is *images seen*, so runs with different batch sizes can be laid over each other.
Watch `samples` (same seeds at each step) and the losses; judge by `generator.kid` of the evaluation, beside
`generator.kid_noise_floor` (data against data).""",
    "anime-directions": """**What moves an attribute in latent space.** `hit_median`: how close the measured value comes
to the wanted one; `leakage_mean`: how much other attributes move with it; `reach`: the interval that can be had.""",
    "anime-evaluation": """**Quality, diversity, memory.** Watch `spread_mean`: KID and coverage do not see an attribute
whose range has shrunk. KID and Fréchet distance are in our own frozen features: compare them between runs here and with
their `_noise_floor`, never with published figures.""",
    "anime-models": """**Publishing.** Which model became `challenger`, and whether it beat the `champion`,
which is the one that the page opens.""",
    "anime-chain": "**The whole chain** in one run: data, tags, training, directions, evaluation, publishing.",
}


def note_for(experiment: str) -> str:
    """The Markdown note of an experiment."""
    return f"{NOTES.get(experiment, f'Runs of {experiment}.')}\n{COMMON}"
