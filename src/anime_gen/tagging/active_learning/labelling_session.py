"""The Label page's document, without any page: what to ask next, what was said, how good the guesses are by now."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from anime_gen.attributes import Attribute, Vocabulary
from anime_gen.images import open_face_store
from anime_gen.images.faces import Faces
from anime_gen.labels.store import STORE_NAME, LabelStore, Signature
from anime_gen.tagging.active_learning.acquisition import ACTIVE, medoids, most_informative
from anime_gen.tagging.active_learning.bradley_terry import bradley_terry
from anime_gen.tagging.active_learning.few_shot import Guess, can_learn, learn, score
from anime_gen.tagging.active_learning.views import Views
from anime_gen.tagging.targets import decoded, encoded

RANDOM = "random"
RANDOM_EVERY = 3  # every third batch is chosen by chance: calibration may use nothing else
FIRST = 100  # clusters of faces whose medoids are asked before anything is known
COMPARED = 48  # pictures that comparisons are about: few enough that each is compared often


@dataclass(frozen=True)
class Progress:
    """How far one attribute is."""

    answered: int
    skipped: int
    seconds_each: float
    score: float | None


class LabellingSession:
    """One set of faces, its answers, and an estimator that guesses the rest; safe to use from several threads."""

    def __init__(self, faces: Faces, ids: list[str], vocabulary: Vocabulary, store: LabelStore) -> None:
        self.faces, self.ids, self.vocabulary, self.store = faces, ids, vocabulary, store
        self._places = {name: row for row, name in enumerate(ids)}
        self._views: Views | None = None
        self._guesses: dict[str, Guess] = {}
        self._scores: dict[str, float | None] = {}
        self._first: np.ndarray | None = None
        self._batches: dict[str, int] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls, data_folder: Path, vocabulary: Vocabulary) -> LabellingSession:
        """The faces that the ingest stage left in a data folder; FileNotFoundError says what to run."""
        place = data_folder / "02_intermediate"
        if not (place / "face_store.json").is_file() or not (place / "face_index.parquet").is_file():
            raise FileNotFoundError("There are no faces to label yet: run `kedro run --pipelines=ingest` first.")
        faces = open_face_store(place / "face_store.json")
        index = pd.read_parquet(place / "face_index.parquet", columns=["id"])
        return cls(faces, [str(name) for name in index["id"]], vocabulary, LabelStore(data_folder / STORE_NAME))

    @property
    def learning(self) -> bool:
        """Whether the faces were looked at, so that answers teach and order the questions."""
        return self._views is not None

    def observe(self, make: Callable[[Faces], Views]) -> None:
        """Look at all faces once (slow: call it from a thread), then order questions by doubt."""
        views = make(self.faces)
        first = medoids(views.points, min(FIRST, len(self.ids)), seed=0)
        with self._lock:
            self._views, self._first = views, first
        for name in self.vocabulary:
            self.refresh(name)

    def picture(self, name: str) -> np.ndarray:
        """One face, uint8 [r, r, 3]."""
        picture: np.ndarray = self.faces.read(np.array([self._places[name]]))[0]
        return picture

    def next_batch(self, attribute: str, count: int) -> tuple[list[str], str]:
        """Pictures to ask about, none asked before, and how they were picked: ``active`` or ``random``."""
        asked = self.store.current(attribute)
        free = np.array([name not in asked for name in self.ids])
        with self._lock:
            number = self._batches[attribute] = self._batches.get(attribute, 0) + 1
            guess, views, first = self._guesses.get(attribute), self._views, self._first
        if views is None or number % RANDOM_EVERY == 0:
            rows = np.flatnonzero(free)
            rows = np.random.default_rng([number, len(asked)]).permutation(rows)[:count]
            return [self.ids[row] for row in rows], RANDOM
        if guess is None:
            assert first is not None
            rows = first[free[first]][:count]
        else:
            rows = most_informative(views.of(attribute)[guess.view], guess.doubt, free, count, seed=number)
        return [self.ids[row] for row in rows], ACTIVE

    def next_pairs(self, attribute: str, count: int, waiting: Sequence[tuple[str, str]] = ()) -> list[tuple[str, str]]:
        """Pairs whose order is least certain: compared seldom, close in score so far; none with fewer than two faces.

        `waiting` are pairs that were handed out and have no answer yet.
        """
        names = self._compared()
        if len(names) < 2:
            return []
        pairs = self.store.pairs(attribute)
        scores = bradley_terry(pairs)
        handed_out = [(first, second) for first, second, _ in pairs] + list(waiting)
        chosen: list[tuple[str, str]] = []
        for _ in range(count):
            chosen.append(_least_certain(names, handed_out, scores))
            handed_out.append(chosen[-1])
        return chosen

    def _compared(self) -> list[str]:
        if self._first is not None:
            return [self.ids[row] for row in self._first[:COMPARED]]
        rows = np.random.default_rng(0).permutation(len(self.ids))[:COMPARED]
        return [self.ids[row] for row in rows]

    def by(self, who: str, source: str) -> Signature:
        """The signature of an answer given now."""
        return Signature(who, source, self.vocabulary.version)

    def refresh(self, attribute: str) -> None:
        """Learn from the answers so far: new guesses, new order, new score. A second or so; call it from a thread."""
        views, spec = self._views, self.vocabulary[attribute]
        rows, answers = self._answers(spec)
        if views is None or not can_learn(attribute, views, len(rows)):
            return
        guess = learn(spec, views, rows, answers)
        with self._lock:
            self._guesses[attribute], self._scores[attribute] = guess, score(spec, answers, guess)

    def _answers(self, attribute: Attribute) -> tuple[np.ndarray, np.ndarray]:
        found = self.store.values(self.vocabulary.subset([attribute.name])).get(attribute.name, {})
        here = [(self._places[p], encoded(attribute, a.value)) for p, a in found.items() if p in self._places]
        return np.array([row for row, _ in here], dtype=int), np.array([value for _, value in here])

    def guess(self, attribute: str, picture: str) -> float | str | None:
        """What the estimator takes this picture for; None while it knows too little."""
        guess = self._guesses.get(attribute)
        if guess is None:
            return None
        value = decoded(self.vocabulary[attribute], guess.value[[self._places[picture]]])[0]
        return value if isinstance(value, str) else float(value)

    def progress(self, attribute: str) -> Progress:
        """Counts, time an answer takes, and the score of the guesses so far."""
        kinds = ("answer", "skip", "compare")
        events = self.store.standing(attribute, kinds)
        seconds = [event.seconds for event in events if event.seconds]
        last = {(e.picture, e.other): e for e in events}
        skipped = sum(event.kind == "skip" for event in last.values())
        mean = float(np.mean(seconds)) if seconds else 0.0
        return Progress(len(last) - skipped, skipped, mean, self._scores.get(attribute))


def _least_certain(
    names: Sequence[str], handed_out: Sequence[tuple[str, str]], scores: Mapping[str, float]
) -> tuple[str, str]:
    """The face compared least, and the one nearest in score that it was not compared with."""
    seen = Counter(name for pair in handed_out for name in pair)
    done = {frozenset(pair) for pair in handed_out}
    one = min(names, key=lambda name: (seen[name], name))
    others = [n for n in names if n != one and frozenset((one, n)) not in done] or [n for n in names if n != one]
    return one, min(others, key=lambda name: (abs(scores.get(name, 0.0) - scores.get(one, 0.0)), seen[name], name))
