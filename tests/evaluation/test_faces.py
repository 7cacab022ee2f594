import numpy as np
import pytest

from anime_gen.evaluation.faces import faces_of, read_split
from anime_gen.images.faces import ArrayFaces

SPLITS = np.array(["train", "test", "val", "train", "test", "train"])


@pytest.fixture
def faces() -> ArrayFaces:
    """Six faces, each of its own grey."""
    return ArrayFaces(np.full((6, 4, 4, 3), 1, np.uint8) * np.arange(6, dtype=np.uint8)[:, None, None, None])


def test_only_faces_of_the_wanted_splits_are_read_in_their_order(faces):
    chosen = faces_of(faces, SPLITS, ("train", "val"))
    assert len(chosen) == 4
    assert chosen.resolution == 4
    assert chosen.read(np.array([3, 0, 1]))[:, 0, 0, 0].tolist() == [5, 0, 2]
    assert chosen.at(2).read(np.array([2])).tolist() == np.full((1, 2, 2, 3), 3).tolist()
    with pytest.raises(IndexError):
        chosen.read(np.array([4]))


def test_other_rows_have_another_fingerprint(faces):
    train, again, test = (faces_of(faces, SPLITS, (split,)).fingerprint for split in ("train", "train", "test"))
    assert train == again != test


def test_a_sample_of_a_split_is_the_same_each_time(faces):
    some, again, other = (read_split(faces, SPLITS, ("train", "test"), 3, seed) for seed in (1, 1, 2))
    assert np.array_equal(some, again)
    assert len(set(some[:, 0, 0, 0])) == 3
    assert not np.array_equal(some, other)
    assert sorted(read_split(faces, SPLITS, ("test",), 9, seed=0)[:, 0, 0, 0]) == [1, 4]


def test_an_index_of_another_store_is_refused(faces):
    with pytest.raises(ValueError, match="5 rows, the store 6 faces"):
        faces_of(faces, SPLITS[:5], ("train",))
