"""What do a few answers make of a set's own sub-models? The whole way from the Label page to tags.

    python -m tests.benchmarks.few_answers --groups expression hair

Faces of the split ``other_style``, which no sub-model saw; a simulated annotator gives 150 answers about each class
attribute of a group, in the Label page's order (every third batch by chance, for calibration), some of them wrong. Then
the ``tag`` stage's sub-model learns from these answers alone, with drawn faces beside them (drawn), and as
``--env=finetune`` does: with drawn faces, from sub-models taught on the usual style and their corrected votes (taught).
Prints macro-F1, calibration error and coverage at 95 % precision on 1,000 faces apart.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.drawing import render_many, sample_characters
from anime_gen.evaluation.progress_bar import bar
from anime_gen.images import ArrayFaces
from anime_gen.labels.store import STORE_NAME, LabelStore, Signature
from anime_gen.tagging.active_learning.acquisition import most_informative
from anime_gen.tagging.active_learning.few_shot import learn
from anime_gen.tagging.active_learning.labelling_session import RANDOM, RANDOM_EVERY
from anime_gen.tagging.active_learning.page_features import collect_views
from anime_gen.tagging.active_learning.views import Views
from anime_gen.tagging.config import LabelsConfig, SubModelConfig, TrainingConfig
from anime_gen.tagging.group_training import GroupTask, train_group
from anime_gen.tagging.targets import decoded, encoded
from anime_gen.tracking.memory_tracker import MemoryTracker
from tests.benchmarks.labelling import ATTRIBUTES, BATCH, annotate

CONF = ATTRIBUTES.parents[2]
SEED = 9_970_000
ANSWERS, APART = 150, 1000
# What the sub-models learn from: the settings of an environment, and labels beside the answers.
STARTS: dict[str, tuple[str, dict[str, object]]] = {
    "alone": ("base", {}),
    "drawn": ("base", {"weak_start": "drawn"}),
    "taught": ("finetune", {}),
}


def asked(attribute: Attribute, views: Views, said: np.ndarray, pool: int) -> dict[int, str]:
    """Rows in the Label page's order, and how each was picked."""
    random = np.random.default_rng(0)
    picked: dict[int, str] = {}
    for batch in range(1, ANSWERS // BATCH + 1):
        rows = np.array(list(picked), dtype=int)
        free = (np.arange(len(said)) < pool) & ~np.isnan(said)
        free[rows] = False
        if batch % RANDOM_EVERY == 0:
            new, source = random.permutation(np.flatnonzero(free))[:BATCH], RANDOM
        else:
            guess = learn(attribute, views, rows, said[rows])
            new, source = (
                most_informative(views.of(attribute.name)[guess.view], guess.doubt, free, BATCH, batch),
                "active",
            )
        picked |= dict.fromkeys(new.tolist(), source)
    return picked


def answer(
    store: LabelStore,
    attribute: Attribute,
    views: Views,
    labels: list[dict[str, float | str | None]],
    pool: int,
    wrong: float,
) -> None:
    """Put the annotator's answers about one attribute into the store."""
    truth = np.array(
        [np.nan if entry[attribute.name] is None else encoded(attribute, entry[attribute.name]) for entry in labels]
    )
    applies = ~np.isnan(truth)
    truth[applies] = annotate(attribute, truth[applies].astype(int), wrong, np.random.default_rng(1))
    for row, source in asked(attribute, views, truth, pool).items():
        value = decoded(attribute, truth[[row]])[0]
        store.answer(attribute.name, [f"p{row}"], value, Signature("simulated", source, "benchmark"))


def task_of(vocabulary: Vocabulary, group: str, start: str, taggers: Path) -> GroupTask:
    """The sub-model of a group as an environment trains it."""
    environment, labels = STARTS[start]
    base, own = (
        yaml.safe_load((CONF / name / "parameters" / "tag.yml").read_text())["tag"] for name in ("base", environment)
    )
    labels = base["labels"] | own["labels"] | labels
    if labels["taught_by"]:
        labels["taught_by"] = str(taggers)
    size = SubModelConfig(**(base[group]["sub_model"] | own[group]["sub_model"]))
    return GroupTask(vocabulary, size, TrainingConfig(**base["training"]), LabelsConfig(**labels))


def _shown(figure: float | None) -> str:
    return "none" if figure is None else f"{figure:.3f}"


def main() -> None:
    """Print a line for each attribute and kind of start."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--taggers", type=Path, default=Path("data/06_models/shipped/taggers"))
    parser.add_argument("--groups", nargs="*", default=["expression", "hair", "eyes"])
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--wrong", type=float, default=0.05)
    parser.add_argument("--starts", nargs="*", choices=list(STARTS), default=list(STARTS))
    wish = parser.parse_args()
    vocabulary = Vocabulary.parse(yaml.safe_load(ATTRIBUTES.read_text())["attributes"])
    characters = sample_characters(wish.count, SEED, "other_style")
    drawn = zip(bar(characters, "drawing"), render_many(characters, 64), strict=True)
    faces = ArrayFaces(np.stack([picture for _, picture in drawn]))
    labels = [character.labels() for character in characters]
    views, pool = collect_views(faces, vocabulary, [wish.taggers]), wish.count - APART
    for group in wish.groups:
        classes = [a for a in vocabulary.group(group) if a.kind in ("binary", "categorical")]
        index = pd.DataFrame({"id": [f"p{row}" for row in range(wish.count)]})
        index["split"] = ["train"] * pool + ["tag_test"] * APART
        for attribute in classes:
            index[f"label.{attribute.name}"] = [
                entry[attribute.name] if k >= pool else None for k, entry in enumerate(labels)
            ]
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / STORE_NAME).parent.mkdir(parents=True, exist_ok=True)
            store = LabelStore(Path(place) / STORE_NAME)
            for attribute in classes:
                answer(store, attribute, views, labels, pool, wish.wrong)
            for start in wish.starts:
                task = task_of(vocabulary, group, start, wish.taggers)
                report = train_group(task, faces, index, store, None, Path(place), MemoryTracker()).card["report"]
                for attribute in classes:
                    entry = report[attribute.name]
                    print(
                        f"{attribute.name:<12} {start:<7} macro-F1 {_shown(entry['macro_f1'])}  calibration error "
                        f"{_shown(entry['ece'])}  tagged at 95 % precision {_shown(entry['coverage_at_95'])}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
