from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from anime_gen.evaluation.originality import Originals
from anime_gen.images import ArrayFaces, save_card, write_store
from anime_gen.studio.originality import judge
from tests.evaluation.distances.test_memorisation import drawn

NAMES = [f"drawn/{number:07d}" for number in range(160)]


@pytest.fixture(scope="module")
def train() -> np.ndarray:
    return drawn(160, 0)


def table(train: np.ndarray, names: list[str], source: str) -> Originals:
    made = Originals.of(ArrayFaces(train), drawn(120, 1000), names, source)
    assert made is not None
    return made


def test_a_copy_is_named_with_what_to_do_and_drawn_again_beside_it(train: np.ndarray):
    found = judge(train[7], table(train, NAMES, "drawn-default-seed5"))
    assert found.likeness.name == "drawn/0000007"
    assert "Too near" in found.sentence
    assert "Change the character" in found.sentence
    assert found.nearest is not None
    assert found.nearest.shape == (128, 128, 3)
    small = found.nearest.reshape(32, 4, 32, 4, 3).mean((1, 3))
    assert np.abs(small - train[7]).mean() < 12  # the same face at another size


def test_a_new_face_is_called_new_with_its_share(train: np.ndarray):
    originals = table(train, NAMES, "drawn-default-seed5")
    sentences = [judge(face, originals).sentence for face in drawn(5, 3000)]
    assert sum(sentence.startswith("New: ") for sentence in sentences) >= 4


def test_another_drawing_is_not_passed_off_as_the_nearest(train: np.ndarray):
    found = judge(train[7], table(train, NAMES, "drawn-default-seed6"))
    assert found.likeness.name == "drawn/0000007"
    assert found.nearest is None


def test_pictures_of_ones_own_are_shown_from_the_disk(train: np.ndarray, tmp_path: Path):
    names = [f"photos/{number}.png" for number in range(160)]
    originals = table(train, names, "photos")
    assert judge(train[9], originals, tmp_path).nearest is None
    store = write_store(tmp_path / "02_intermediate" / "faces", train)
    save_card(store, tmp_path / "02_intermediate" / "face_store.json")
    pd.DataFrame({"source_name": names}).to_parquet(tmp_path / "02_intermediate" / "face_index.parquet")
    assert np.array_equal(judge(train[9], originals, tmp_path).nearest, train[9])
