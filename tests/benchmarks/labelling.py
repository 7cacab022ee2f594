"""How many answers does a new attribute take? A simulated annotator on drawn faces, wrong in 0, 5 and 10 % of answers.

    python -m tests.benchmarks.labelling --taggers data/06_models/taggers --count 3000

Where the features come from is said with every figure:

- ``--features all --split other_style`` (default): what every sub-model sees and says, taught on the usual style; the
  faces asked about are in a style it never saw. This is the weak start of an untagged set.
- ``--features others``: the other groups' sub-models only, which never saw a label of the attribute: a new slider.

The lines and colours of the pictures are looked at in every case, as on the page. Faces are drawn from a seed the
sub-models never saw. Prints macro-F1 on faces nobody was asked about, by number of answers, in active order (the Label
page's, without its every third batch by chance) and in random order, and the ceiling: the same estimator told the truth
about every face it may ask about. Zero answers is what the sub-models say by themselves.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import yaml

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.drawing import render_many, sample_characters
from anime_gen.tagging.active_learning.acquisition import medoids, most_informative
from anime_gen.tagging.active_learning.few_shot import can_learn, learn
from anime_gen.tagging.active_learning.labelling_session import FIRST
from anime_gen.tagging.active_learning.page_features import picture_views, tagger_views
from anime_gen.tagging.active_learning.views import Views
from anime_gen.tagging.classifiers.metrics import macro_f1
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tagging.targets import encoded

ATTRIBUTES = Path(__file__).parents[2] / "conf" / "base" / "parameters" / "attributes.yml"
SEED = 9_900_000
STEPS = (0, 5, 10, 15, 20, 30, 40, 50, 60, 80, 100, 120, 150)
BATCH = 5  # as the Label page asks, one at a time


def annotate(attribute: Attribute, truth: np.ndarray, wrong: float, random: np.random.Generator) -> np.ndarray:
    """What the annotator would say of every picture: the truth, but for a share of slips."""
    classes = len(attribute.classes) or 2
    slips = random.random(len(truth)) < wrong
    return np.where(slips, (truth + random.integers(1, classes, len(truth))) % classes, truth)


def curve(
    attribute: Attribute, views: Views, truth: np.ndarray, pool: int, wrong: float, active: bool, seed: int
) -> list[float]:
    """Macro-F1 on the rows from ``pool`` on, at each number of answers in STEPS; NaN while nothing can be guessed."""
    random = np.random.default_rng(seed)
    said = annotate(attribute, truth, wrong, random)
    free = np.arange(len(truth)) < pool
    first = medoids(views.points[:pool], min(FIRST, pool), seed)
    asked = np.zeros(0, dtype=int)
    figures: list[float] = []
    while True:
        guess = learn(attribute, views, asked, said[asked]) if can_learn(attribute.name, views, len(asked)) else None
        if len(asked) in STEPS:
            figures.append(macro_f1(truth[pool:], guess.value[pool:]) if guess else float("nan"))
        if len(asked) >= STEPS[-1] or not free.any():  # few wear glasses: there may be fewer rims to ask about
            return figures + [figures[-1]] * (len(STEPS) - len(figures))
        if not active:
            new = random.permutation(np.flatnonzero(free))[:BATCH]
        elif guess is None:
            new = first[free[first]][:BATCH]
        else:
            new = most_informative(views.of(attribute.name)[guess.view], guess.doubt, free, BATCH, len(asked))
        free[new] = False
        asked = np.append(asked, new)


def answers_needed(figures: list[float], wanted: float) -> float:
    """Answers until a figure is reached (interpolated): 0 if no answer is needed, infinite if never."""
    known = [(step, figure) for step, figure in zip(STEPS, figures, strict=True) if not np.isnan(figure)]
    for k, (step, figure) in enumerate(known):
        if figure >= wanted:
            if k == 0:
                return float(step)
            before, low = known[k - 1]
            return before + (wanted - low) / (figure - low) * (step - before)
    return float("inf")


def main() -> None:
    """Print the curves and what they amount to; write them as JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--taggers", type=Path, default=Path("data/06_models/taggers"))
    parser.add_argument("--features", choices=("all", "others"), default="all")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--split", default="other_style")
    parser.add_argument("--wrong", type=float, nargs="*", default=[0.0, 0.05, 0.1])
    parser.add_argument("--attributes", nargs="*")
    parser.add_argument("--out", type=Path)
    wish = parser.parse_args()
    tagger = Tagger.load(wish.taggers)
    characters = sample_characters(wish.count, SEED, wish.split)
    pictures = np.stack(list(render_many(characters, 64, workers=1)))
    labels = [character.labels() for character in characters]
    made: dict[str | None, Views] = {}
    drawn = picture_views(pictures.__getitem__, len(pictures))
    rows = []
    entries = yaml.safe_load(ATTRIBUTES.read_text())["attributes"]
    for name, attribute in Vocabulary.parse(entries).items():
        if attribute.kind not in ("binary", "categorical") or (wish.attributes and name not in wish.attributes):
            continue
        known = [k for k, entry in enumerate(labels) if entry[name] is not None]
        truth = np.array([encoded(attribute, labels[k][name]) for k in known])
        left_out = attribute.group if wish.features == "others" else None
        if left_out not in made:
            heard = tagger_views(tagger, pictures.__getitem__, len(pictures), left_out)
            made[left_out] = Views({**drawn, **heard.common}, heard.predictions)
        views = made[left_out].take(np.array(known))
        for wrong in wish.wrong:
            rows.append(_compared(attribute, views, truth, wrong, wish.repeats))
            print(_line(rows[-1]), flush=True)
    print(_summary(rows))
    if wish.out:
        wish.out.write_text(json.dumps(rows, indent=1))


def _compared(attribute: Attribute, views: Views, truth: np.ndarray, wrong: float, repeats: int) -> dict[str, object]:
    pool = 2 * len(truth) // 3
    active, chance = (
        np.mean([curve(attribute, views, truth, pool, wrong, order, seed) for seed in range(repeats)], axis=0).tolist()
        for order in (True, False)
    )
    every = learn(attribute, views, np.arange(pool), truth[:pool])
    best = min(np.nanmax(active), np.nanmax(chance))
    return {
        "attribute": attribute.name,
        "wrong": wrong,
        "active": _rounded(active),
        "random": _rounded(chance),
        "answers_for_0.90": answers_needed(active, 0.9),
        "level": round(min(0.9, best), 3),
        "active_to_random": _ratio(active, chance, min(0.9, best)),
        "active_to_random_at_best": _ratio(active, chance, best),
        "best": round(best, 3),
        "ceiling": round(macro_f1(truth[pool:], every.value[pool:]), 3),
    }


def _rounded(figures: list[float]) -> list[float | None]:
    return [None if np.isnan(figure) else round(figure, 3) for figure in figures]


def _ratio(active: list[float], chance: list[float], wanted: float) -> float | None:
    """Active answers for each random one at a macro-F1; None where random order has it (but for 0.01) before any."""
    if chance[0] >= wanted - 0.01:
        return None
    return round(answers_needed(active, wanted) / answers_needed(chance, wanted), 2)


def _line(row: dict[str, object]) -> str:
    return (
        f"{row['attribute']:<12} {float(str(row['wrong'])):>4.0%} wrong  answers {STEPS}\n"
        f"  active {row['active']}\n  random {row['random']}\n"
        f"  macro-F1 0.90 after {row['answers_for_0.90']:.0f} answers, ceiling {row['ceiling']}; active needs "
        f"{row['active_to_random']} of random's answers for {row['level']}, {row['active_to_random_at_best']} for "
        f"{row['best']}, the best that both reach (None: no answers needed)"
    )


def _summary(rows: list[dict[str, object]]) -> str:
    """How often 0.90 is reached within 150 answers, and what active order saves where answers are needed at all."""
    reached = sum(float(str(row["answers_for_0.90"])) <= STEPS[-1] for row in rows)
    ratios = [
        float(str(row["active_to_random_at_best"])) for row in rows if row["active_to_random_at_best"] is not None
    ]
    words = [f"macro-F1 0.90 within {STEPS[-1]} answers in {reached} of {len(rows)} rows"]
    if ratios:
        low = sum(ratio <= 0.6 for ratio in ratios)
        words.append(
            f"answers were needed in {len(ratios)}; active order took {np.median(ratios):.2f} of random's (median), "
            f"at most 0.60 in {low}"
        )
    return "\n".join(words)


if __name__ == "__main__":
    main()
