"""Few labels: what is asked next, what is learned from it, and the page's document."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from anime_gen.attributes import Vocabulary
from anime_gen.images import ArrayFaces
from anime_gen.labels.store import LabelStore, Signature
from anime_gen.tagging.active_learning.acquisition import medoids, most_informative
from anime_gen.tagging.active_learning.few_shot import can_learn, learn, score
from anime_gen.tagging.active_learning.labelling_session import RANDOM_EVERY, LabellingSession
from anime_gen.tagging.active_learning.page_features import collect_views
from anime_gen.tagging.active_learning.views import Prediction, Views, colours, lines, main_directions
from anime_gen.tagging.config import LabelsConfig
from anime_gen.tagging.weak_supervision.label_merging import merge_labels
from tests.tagging.toys import ENTRIES, faces, vocabulary

WORDS = vocabulary()


def clusters() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]])
    owner = random.integers(0, 3, 120)
    return (centres[owner] + random.normal(0, 0.5, (120, 2))).astype(np.float32), owner


def test_clusters_are_found_and_medoids_stand_for_them() -> None:
    points, owner = clusters()
    rows = medoids(points, 3, seed=1)
    assert list(owner[rows]) == list(np.argsort(-np.bincount(owner)))  # the largest cluster first
    for row in rows:
        mine = points[owner == owner[row]]
        nearest = np.linalg.norm(mine - mine.mean(axis=0), axis=1).min()
        assert np.linalg.norm(points[row] - mine.mean(axis=0)) == pytest.approx(nearest, abs=1e-5)
    assert len(medoids(np.zeros((9, 2), np.float32), 3, seed=1)) == 1


def test_pick_takes_doubtful_unlike_unasked_ones() -> None:
    points, owner = clusters()
    doubt = np.where(owner == 0, 0.0, 1.0)
    free = np.ones(120, dtype=bool)
    free[:10] = False
    chosen = most_informative(points, doubt, free, 6, seed=0)
    assert len(set(chosen)) == 6
    assert free[chosen].all()
    assert set(owner[chosen]) == {1, 2}
    assert len(most_informative(points, doubt, np.arange(120) < 3, 6, seed=0)) == 3
    same = most_informative(np.zeros((50, 2), np.float32), np.ones(50), np.ones(50, dtype=bool), 6, seed=0)
    assert len(set(same)) == 6


@pytest.mark.parametrize("name", ["glasses", "hair_color", "hair_length", "hair_hue"])
def test_a_few_answers_teach_every_kind(name: str) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(400, 6)).astype(np.float32)
    raw = features[:, 0]
    truth = {
        "glasses": (raw > 0).astype(float),
        "hair_color": np.digitize(raw, [-0.4, 0.4]).astype(float),
        "hair_length": np.clip(0.5 + 0.2 * raw, 0, 1),
        "hair_hue": (60 + 40 * raw) % 360,
    }[name]
    rows = np.arange(80)
    views = Views({"blind": random.normal(size=(400, 6)), "telling": features})
    guess = learn(WORDS[name], views, rows, truth[rows])
    assert guess.view == "telling"
    assert len(guess.value) == len(guess.doubt) == 400
    so_far = score(WORDS[name], truth[rows], guess)
    assert so_far is not None
    assert so_far > 0.75
    assert score(WORDS[name], truth[:5], learn(WORDS[name], views, rows[:5], truth[:5])) is None


def test_a_tenth_of_wrong_answers_does_not_undo_the_rest() -> None:
    points, owner = clusters()
    rows = np.arange(60)
    said = owner.astype(float)
    said[:60:10] = (said[:60:10] + 1) % 3
    guess = learn(WORDS["hair_color"], Views({"points": points}), rows, said[rows])
    assert np.mean(guess.value == owner) > 0.95


def test_a_face_of_the_rarer_class_is_asked_about_before_an_equally_doubtful_one() -> None:
    centres = np.repeat([0.0, 4.0, 8.0], [30, 30, 3]) + np.random.default_rng(0).normal(0, 0.3, 63)
    place = np.concatenate([centres, np.linspace(0.0, 8.0, 801)])[:, None]
    answers = np.repeat([0.0, 1.0, 2.0], [30, 30, 3])
    doubt = learn(WORDS["hair_color"], Views({"place": place}), np.arange(63), answers).doubt[63:]
    assert doubt[400:].max() > 1.5 * doubt[:400].max()


def test_one_class_so_far_is_no_error() -> None:
    points, _ = clusters()
    guess = learn(WORDS["glasses"], Views({"points": points}), np.arange(4), np.zeros(4))
    assert set(guess.value) == {0.0}
    assert guess.doubt[:4].max() < guess.doubt.max()


WORDS_OF = {
    "glasses": np.array([[-3.0], [2.0], [-1.0], [5.0]]),
    "hair_color": np.eye(3)[[0, 2, 1, 2]],
    "hair_length": np.array([[0.2], [0.9], [0.5], [0.7]]),
    "hair_hue": np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]),
}
MEANT = {
    "glasses": [0.0, 1.0, 0.0, 1.0],
    "hair_color": [0.0, 2.0, 1.0, 2.0],
    "hair_length": [0.2, 0.9, 0.5, 0.7],
    "hair_hue": [0.0, 90.0, 180.0, 270.0],
}
NOBODY = np.zeros(0, dtype=int)


@pytest.mark.parametrize("name", list(WORDS_OF))
def test_before_any_answer_a_sub_models_word_is_the_guess(name: str) -> None:
    predictions = {"taught": Prediction(WORDS_OF[name], np.zeros((4, 2)))}
    views = Views({"points": np.zeros((4, 2))}, {name: predictions})
    assert can_learn(name, views, 0)
    np.testing.assert_allclose(learn(WORDS[name], views, NOBODY, np.zeros(0)).value, MEANT[name], atol=1e-9)


def test_without_answers_or_words_nothing_is_guessed() -> None:
    views = Views({"points": np.zeros((9, 2))})
    assert not can_learn("glasses", views, 3)
    with pytest.raises(ValueError, match="glasses: no sub-model speaks of it"):
        learn(WORDS["glasses"], views, np.arange(3), np.zeros(3))


def biased(count: int = 600) -> tuple[Views, np.ndarray]:
    """A sub-model taught on others: it knows more from less, but calls half of those without glasses wearers."""
    random = np.random.default_rng(0)
    truth = (random.random(count) < 0.4).astype(float)
    words = (6.0 * truth + random.normal(0.0, 1.0, count))[:, None]
    beside = random.normal(size=(count, 6))
    return Views({"blind": random.normal(size=(count, 9))}, {"glasses": {"taught": Prediction(words, beside)}}), truth


@pytest.mark.parametrize("every", [1000, 10])
def test_answers_correct_a_sub_models_words(every: int) -> None:
    views, truth = biased()
    before = learn(WORDS["glasses"], views, NOBODY, np.zeros(0)).value
    assert np.mean(before == truth) < 0.75
    rows = np.argsort(np.abs(views.predictions["glasses"]["taught"].readout[:, 0] - 3.0))[:40]
    answers = truth[rows].copy()
    answers[every - 1 :: every] = 1.0 - answers[every - 1 :: every]  # slips
    assert np.mean(learn(WORDS["glasses"], views, rows, answers).value == truth) > 0.97


def test_a_few_like_answers_do_not_outvote_a_sub_model() -> None:
    random = np.random.default_rng(0)
    truth = (np.arange(300) % 10 == 0).astype(float)
    said = Prediction((8.0 * truth - 4.0)[:, None], np.zeros((300, 1)))
    views = Views({"blind": random.normal(size=(300, 9))}, {"glasses": {"taught": said}})
    rows = np.array([1, 2, 3, 4, 5, 6])  # none of them wears any
    assert np.array_equal(learn(WORDS["glasses"], views, rows, truth[rows]).value, truth)


def test_a_sub_model_that_says_nonsense_does_not_keep_looks_from_learning() -> None:
    classes = [f"c{k}" for k in range(8)]
    color = Vocabulary.parse({"hair_color": {**ENTRIES["hair_color"], "classes": classes}})["hair_color"]
    random = np.random.default_rng(0)
    truth = np.arange(600) % 8
    telling = random.normal(size=(600, 150))
    telling[:, :8] += 2.0 * np.eye(8)[truth]
    nonsense = Prediction(9.0 * np.eye(8)[random.integers(0, 8, 600)], random.normal(size=(600, 8)))
    views = Views({"telling": telling.astype(np.float32)}, {"hair_color": {"taught": nonsense}})
    rows = np.arange(100)
    guess = learn(color, views, rows, truth[rows].astype(float))
    assert guess.view == "telling"
    assert np.mean(guess.value == truth) > 0.4  # by chance: 0.125


def test_answers_move_a_measure_that_is_off_by_the_same_everywhere() -> None:
    random = np.random.default_rng(0)
    truth = random.uniform(0.3, 0.9, 300)
    words = (truth - 0.25 + random.normal(0.0, 0.02, 300))[:, None]
    views = Views({"blind": random.normal(size=(300, 9))}, {"hair_length": {"taught": Prediction(words, words)}})
    rows = np.arange(12)
    guess = learn(WORDS["hair_length"], views, rows, truth[rows])
    assert np.abs(guess.value - truth).mean() < 0.04
    assert np.abs(guess.held_out - truth[rows]).mean() < 0.04


def bench(tmp_path: Path, count: int = 150) -> LabellingSession:
    pictures, _ = faces(count)
    return LabellingSession(
        ArrayFaces(pictures), [f"p{k}" for k in range(count)], WORDS, LabelStore(tmp_path / "labels.sqlite")
    )


def test_the_bench_asks_by_chance_until_it_knows_the_faces_then_by_doubt(tmp_path: Path) -> None:
    work = bench(tmp_path)
    _, labels = faces(150)
    assert work.next_batch("glasses", 20)[1] == "random"
    work.observe(lambda them: collect_views(them, WORDS, [tmp_path / "none"]))
    sources = []
    for _ in range(4):
        names, source = work.next_batch("glasses", 20)
        sources.append(source)
        assert not set(names) & set(work.store.current("glasses"))
        for name in names:
            work.store.answer("glasses", [name], labels[int(name[1:])]["glasses"], work.by("ann", source), 1.5)  # type: ignore[arg-type]
        work.refresh("glasses")
    assert sources.count("random") == (4 + 1) // RANDOM_EVERY
    progress = work.progress("glasses")
    assert (progress.answered, progress.skipped, progress.seconds_each) == (80, 0, pytest.approx(1.5))
    assert progress.score is not None
    assert work.guess("glasses", "p1") in (0.0, 1.0)


def test_pairs_are_new_until_all_are_known(tmp_path: Path) -> None:
    work = bench(tmp_path, count=4)
    seen = set()
    for _ in range(6):
        (pair,) = work.next_pairs("hair_length", 1)
        seen.add(frozenset(pair))
        work.store.compare("hair_length", *pair, pair[0], work.by("ann", "pair"))
    assert len(seen) == 6


def test_pairs_handed_out_ahead_are_all_different(tmp_path: Path) -> None:
    work = bench(tmp_path, count=4)
    first = work.next_pairs("hair_length", 2)
    rest = work.next_pairs("hair_length", 4, waiting=first)
    assert len({frozenset(pair) for pair in first + rest}) == 6
    assert bench(tmp_path / "alone", count=1).next_pairs("hair_length", 3) == []


def test_without_faces_the_page_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="kedro run --pipelines=ingest"):
        LabellingSession.open(tmp_path, WORDS)


def test_people_overrule_labels_and_learners_choices_never_calibrate(tmp_path: Path) -> None:
    index = pd.DataFrame({"id": ["p0", "p1", "p2"], "split": ["train", "train", "tag_test"]})
    index["label.hair_color"] = ["red", "green", None]
    store = LabelStore(tmp_path / "labels.sqlite")
    store.answer("hair_color", ["p1"], "blue", Signature("ann", "active", "v"))
    store.answer("hair_color", ["elsewhere"], "blue", Signature("ann", "active", "v"))
    store.compare("hair_length", "p0", "p1", "p1", Signature("ann", "pair", "v"))
    merged = merge_labels(index, WORDS, LabelsConfig(), store)
    assert list(merged.targets.values["hair_color"][:2]) == [0.0, 2.0]
    assert np.isnan(merged.targets.values["hair_color"][2])
    assert list(merged.targets.weights["hair_color"][:2]) == [1.0, 2.0]
    assert merged.targets.values["hair_length"][1] > merged.targets.values["hair_length"][0]
    assert list(merged.random) == [0]
    assert list(merged.testing) == [2]


def test_looks_are_equally_loud_when_faces_are_clustered() -> None:
    random = np.random.default_rng(0)
    views = Views({"loud": 1000.0 * random.normal(size=(200, 3)), "low": random.normal(size=(200, 5))})
    spread = views.points.var(axis=0)
    assert spread[:3].sum() == pytest.approx(spread[3:].sum())
    assert set(views.of("glasses")) == {"loud", "low"}
    predictions = {"taught": Prediction(np.zeros((200, 1)), np.zeros((200, 7)))}
    said = Views(views.common, {"glasses": predictions}).take(np.arange(9))
    assert said.of("glasses")["taught"].shape == (9, 7)
    assert set(said.of("hat")) == {"loud", "low"}


def test_main_directions_keep_the_distances_of_what_differs_most() -> None:
    raw = np.random.default_rng(0).normal(size=(200, 5)) * [100.0, 50.0, 0.01, 0.01, 0.01] + 7.0
    reduced = main_directions(raw, 2)
    assert reduced.shape == (200, 2)
    assert np.linalg.norm(reduced[3] - reduced[9]) == pytest.approx(np.linalg.norm(raw[3] - raw[9]), rel=1e-3)


def test_lines_ignore_the_hue_and_colours_ignore_where_within_a_cell() -> None:
    picture = np.full((1, 64, 64, 3), 128, np.uint8)
    upright, lying, moved, other = picture.copy(), picture.copy(), picture.copy(), picture.copy()
    upright[:, :, 8:12] = [250, 40, 40]
    lying[:, 8:12] = [250, 40, 40]
    moved[:, :, 3:7] = [250, 40, 40]
    other[:, :, 8:12] = [40, 250, 40]

    def apart(view: np.ndarray, another: np.ndarray) -> float:
        return float(np.abs(view - another).max())

    assert apart(lines(upright), lines(lying)) > 0.5
    assert apart(lines(upright), lines(other)) < 0.02
    assert apart(colours(upright), colours(moved)) < 1e-3
    assert apart(colours(upright), colours(other)) > 0.1
