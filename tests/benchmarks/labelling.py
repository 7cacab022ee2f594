"""How many answers does a new attribute take? A simulated annotator on drawn faces, wrong in 0, 5 and 10 % of answers.

    python -m tests.benchmarks.labelling --taggers data/06_models/taggers --count 3000

Where the features come from is said with every figure:

- ``--features all --split other_style`` (default): what every sub-model sees and says, taught on the usual style; the
  faces asked about are in a style it never saw. This is the weak start of an untagged set.
- ``--features others``: the other groups' sub-models only, which never saw a label of the attribute: a new slider.
- ``--features self``: a network trained on the pictures alone (``--epochs``), no label of anything.

The lines and colours of the pictures are looked at in every case, as on the page. Faces are drawn from a seed the
sub-models never saw. Prints macro-F1 on faces nobody was asked about, by number of answers, in the Label page's order
and in random order, and the ceiling: the same learner told the truth about every face it may ask about.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import yaml

from anime_gen.drawing import render_many, sample_characters
from anime_gen.tagging.attributes import Attribute, Vocabulary
from anime_gen.tagging.config import TrainingConfig
from anime_gen.tagging.few_labels import learn
from anime_gen.tagging.looks import Looks, main_directions
from anime_gen.tagging.metrics import macro_f1
from anime_gen.tagging.page_features import SEEN, picture_looks, tagger_looks
from anime_gen.tagging.picking import medoids, pick
from anime_gen.tagging.self_taught import features_of, self_taught
from anime_gen.tagging.tagger import Tagger
from anime_gen.tagging.targets import encoded

ATTRIBUTES = Path(__file__).parents[2] / "conf" / "base" / "parameters" / "attributes.yml"
SEED = 9_900_000
STEPS = (20, 40, 60, 80, 100, 120, 150, 200)
BATCH = 10


def annotate(attribute: Attribute, truth: np.ndarray, wrong: float, random: np.random.Generator) -> np.ndarray:
    """What the annotator would say of every picture: the truth, but for a share of slips."""
    classes = len(attribute.classes) or 2
    slips = random.random(len(truth)) < wrong
    return np.where(slips, (truth + random.integers(1, classes, len(truth))) % classes, truth)


def curve(
    attribute: Attribute, looks: Looks, truth: np.ndarray, pool: int, wrong: float, active: bool, seed: int
) -> list[float]:
    """Macro-F1 on the rows from ``pool`` on, at each number of answers in STEPS."""
    random = np.random.default_rng(seed)
    said = annotate(attribute, truth, wrong, random)
    free = np.zeros(len(truth), dtype=bool)
    free[:pool] = True
    asked = medoids(looks.beginning(attribute.name)[:pool], 20, seed) if active else random.permutation(pool)[:20]
    free[asked] = False
    figures: list[float] = []
    while True:
        guess = learn(attribute, looks.of(attribute.name), asked, said[asked])
        if len(asked) in STEPS:
            figures.append(macro_f1(truth[pool:], guess.value[pool:]))
        if len(asked) >= STEPS[-1] or not free.any():  # few wear glasses: there may be fewer rims to ask about
            return figures + [figures[-1]] * (len(STEPS) - len(figures))
        look = looks.of(attribute.name)[guess.look]
        new = pick(look, guess.doubt, free, BATCH, len(asked)) if active else _by_chance(random, free)
        free[new] = False
        asked = np.append(asked, new)


def _by_chance(random: np.random.Generator, free: np.ndarray) -> np.ndarray:
    return random.permutation(np.flatnonzero(free))[:BATCH]


def answers_needed(figures: list[float], wanted: float) -> float:
    """Answers until a figure is reached (interpolated), infinite if never."""
    for k, figure in enumerate(figures):
        if figure >= wanted:
            if k == 0:
                return float(STEPS[0])
            share = (wanted - figures[k - 1]) / (figure - figures[k - 1])
            return STEPS[k - 1] + share * (STEPS[k] - STEPS[k - 1])
    return float("inf")


def main() -> None:
    """Print the curves and what they amount to; write them as JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--taggers", type=Path, default=Path("data/06_models/taggers"))
    parser.add_argument("--features", choices=("all", "others", "self"), default="all")
    parser.add_argument("--epochs", type=int, default=10, help="of the network that teaches itself")
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
    made: dict[str | None, Looks] = {}
    drawn = picture_looks(pictures.__getitem__, len(pictures))
    rows = []
    entries = yaml.safe_load(ATTRIBUTES.read_text())["attributes"]
    for name, attribute in Vocabulary.parse(entries).items():
        if attribute.kind not in ("binary", "categorical") or (wish.attributes and name not in wish.attributes):
            continue
        known = [k for k, entry in enumerate(labels) if entry[name] is not None]
        truth = np.array([encoded(attribute, labels[k][name]) for k in known])
        left_out = attribute.group if wish.features == "others" else None
        if left_out not in made:
            heard = (
                _self_heard(pictures, wish.epochs) if wish.features == "self" else _heard(tagger, pictures, left_out)
            )
            made[left_out] = Looks({**drawn, **heard.common}, heard.said)
        looks = made[left_out].take(np.array(known))
        for wrong in wish.wrong:
            rows.append(_compared(attribute, looks, truth, wrong, wish.repeats))
            print(_line(rows[-1]), flush=True)
    if wish.out:
        wish.out.write_text(json.dumps(rows, indent=1))


def _heard(tagger: Tagger, pictures: np.ndarray, left_out: str | None) -> Looks:
    return tagger_looks(tagger, pictures.__getitem__, len(pictures), left_out)


def _self_heard(pictures: np.ndarray, epochs: int) -> Looks:
    network = self_taught(pictures, epochs, TrainingConfig())
    return Looks({"seen": main_directions(features_of(network, pictures), SEEN)})


def _compared(attribute: Attribute, looks: Looks, truth: np.ndarray, wrong: float, repeats: int) -> dict[str, object]:
    pool = 2 * len(truth) // 3
    active, chance = (
        np.mean([curve(attribute, looks, truth, pool, wrong, order, seed) for seed in range(repeats)], axis=0)
        for order in (True, False)
    )
    every = learn(attribute, looks.of(attribute.name), np.arange(pool), truth[:pool])
    best = float(min(active.max(), chance.max()))
    ratios = {
        name: round(answers_needed(list(active), level) / answers_needed(list(chance), level), 2)
        for name, level in (("active_to_random", min(0.9, best)), ("active_to_random_at_best", best))
    }
    return {
        "attribute": attribute.name,
        "wrong": wrong,
        "active": [round(float(v), 3) for v in active],
        "random": [round(float(v), 3) for v in chance],
        "answers_for_0.90": answers_needed(list(active), 0.9),
        **ratios,
        "ceiling": round(macro_f1(truth[pool:], every.value[pool:]), 3),
    }


def _line(row: dict[str, object]) -> str:
    return (
        f"{row['attribute']:<12} {float(str(row['wrong'])):>4.0%} wrong  answers {STEPS}\n"
        f"  active {row['active']}\n  random {row['random']}\n"
        f"  macro-F1 0.90 after {row['answers_for_0.90']:.0f} answers, ceiling {row['ceiling']}; "
        f"active needs {row['active_to_random']} of random's answers for it, "
        f"{row['active_to_random_at_best']} for the best that both reach"
    )


if __name__ == "__main__":
    main()
