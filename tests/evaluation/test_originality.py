"""A planted copy is caught however it was changed, a new face is not, and the table survives the disk."""

from pathlib import Path

import numpy as np
import pytest

from anime_gen.evaluation.originality import ALARM, FEWEST, Originals
from anime_gen.images import ArrayFaces
from tests.evaluation.distances.test_memorisation import COPIERS, drawn

COUNT = 160


@pytest.fixture(scope="module")
def train() -> np.ndarray:
    return drawn(COUNT, 0)


@pytest.fixture(scope="module")
def table(train: np.ndarray) -> Originals:
    names = [f"drawn/{number:07d}" for number in range(COUNT)]
    made = Originals.of(ArrayFaces(train), drawn(200, 1000), names, "drawn-default-seed5")
    assert made is not None
    return made


@pytest.mark.parametrize("copier", COPIERS)
def test_a_planted_copy_is_caught_and_named(table: Originals, train: np.ndarray, copier: str):
    found = [table.likeness(copy) for copy in COPIERS[copier](train[:20].copy())]
    wanted = 9 if copier.startswith("blurred, shifted") else 19  # all at once is more than bytes can see through
    assert sum(likeness.too_near for likeness in found) >= wanted
    assert sum(likeness.name == f"drawn/{number:07d}" for number, likeness in enumerate(found)) >= wanted


def test_new_faces_raise_the_alarm_as_seldom_as_promised(table: Originals):
    distance, _ = table.search(drawn(200, 3000))
    alarms = sum(table.closer(d) < ALARM for d in distance)
    assert alarms <= 8  # 2 of 200 are expected; the 1 % itself is read off 200 held-out faces


def test_the_table_comes_back_from_disk(table: Originals, train: np.ndarray, tmp_path: Path):
    table.save(tmp_path / "originals.safetensors")
    again = Originals.load(tmp_path / "originals.safetensors")
    assert (again.names, again.source) == (table.names, table.source)
    assert again.likeness(train[3]).name == "drawn/0000003"
    assert again.likeness(drawn(1, 3000)[0]).closer == pytest.approx(table.likeness(drawn(1, 3000)[0]).closer, abs=0.01)


def test_codes_of_other_faces_are_refused(table: Originals, tmp_path: Path):
    Originals(table.codes, table.known[:-2], table.expected, table.names, "").save(tmp_path / "x.safetensors")
    with pytest.raises(ValueError, match="160 training pictures and holds 478 codes"):
        Originals.load(tmp_path / "x.safetensors")


def test_a_handful_of_faces_says_nothing():
    few = drawn(FEWEST - 1, 0)
    assert Originals.of(ArrayFaces(few), few, ["x"] * len(few), "x") is None
