import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from anime_gen.images import ArrayFaces, Faces, FaceStore, area_average, open_face_store, save_card, write_store
from anime_gen.images import store as store_module
from anime_gen.images.faces import READ_AT_ONCE, AveragedFaces
from anime_gen.tagging.classifiers.pictures import reader


def noise(count: int, side: int = 8) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


def slow_average(pictures: np.ndarray, side: int) -> np.ndarray:
    factor = pictures.shape[1] // side
    out = np.zeros((len(pictures), side, side, 3), np.uint8)
    for n, y, x, c in np.ndindex(out.shape):
        block = pictures[n, y * factor : (y + 1) * factor, x * factor : (x + 1) * factor, c]
        out[n, y, x, c] = int(np.floor(block.astype(float).mean() + 0.5))
    return out


@pytest.mark.parametrize("side", [8, 4, 2, 1])
def test_area_average_equals_the_plain_mean(side: int) -> None:
    pictures = noise(3)
    assert (area_average(pictures, side) == slow_average(pictures, side)).all()


def test_area_average_names_the_resolutions_it_can_do() -> None:
    with pytest.raises(ValueError, match=r"cannot be averaged to 3 px; allowed: \[4, 8\]"):
        area_average(noise(1), 3)


def test_store_returns_what_was_written_in_any_order_over_several_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "SHARD_BYTES", 4 * 8 * 8 * 3)
    pictures = noise(11)
    store = write_store(tmp_path, pictures)
    assert isinstance(store, Faces)
    assert len(list((tmp_path / "shards").iterdir())) == 3
    order = np.array([10, 0, 3, 3, 7])
    assert (store.read(order) == pictures[order]).all()
    assert (store.read(np.arange(11)) == pictures).all()
    assert store.read(np.array([], int)).shape == (0, 8, 8, 3)


def test_lower_resolution_is_a_view_of_the_same_faces(tmp_path: Path) -> None:
    pictures = noise(5)
    store, memory = write_store(tmp_path, pictures), ArrayFaces(pictures)
    for faces in (store.at(4), store.at(4).at(2), memory.at(2)):
        assert (faces.read(np.arange(5)) == slow_average(pictures, faces.resolution)).all()
    assert store.at(8) is store
    assert len({store.fingerprint, store.at(4).fingerprint, store.at(2).fingerprint}) == 3
    assert store.at(4).at(2).fingerprint == store.at(2).fingerprint


class Watched(ArrayFaces):
    """Remembers how many pictures were read at once."""

    most = 0

    def read(self, indices: np.ndarray) -> np.ndarray:
        self.most = max(self.most, len(indices))
        return super().read(indices)


@pytest.mark.parametrize("read_at", [lambda faces: AveragedFaces(faces, 4).read, lambda faces: reader(faces, 5)])
def test_many_faces_made_smaller_are_never_all_in_memory_at_their_full_size(
    read_at: Callable[[Faces], Callable[[np.ndarray], np.ndarray]],
) -> None:
    pictures = noise(2 * READ_AT_ONCE + 3)
    faces, rows = Watched(pictures), np.random.default_rng(0).permutation(len(pictures))
    small = read_at(faces)(rows)
    assert faces.most == READ_AT_ONCE
    assert (small == np.concatenate([read_at(ArrayFaces(pictures))(row[None]) for row in rows])).all()


def test_fingerprint_follows_content_and_order(tmp_path: Path) -> None:
    pictures = noise(4)
    first = write_store(tmp_path / "a", pictures).fingerprint
    assert write_store(tmp_path / "b", pictures).fingerprint == first
    assert write_store(tmp_path / "c", pictures[::-1]).fingerprint != first
    assert ArrayFaces(pictures).fingerprint != ArrayFaces(pictures[::-1].copy()).fingerprint


@pytest.mark.parametrize("index", [-1, 4])
def test_an_index_outside_the_faces_is_refused(tmp_path: Path, index: int) -> None:
    for faces in (write_store(tmp_path, noise(4)), ArrayFaces(noise(4))):
        with pytest.raises(IndexError, match=r"0\.\.3"):
            faces.read(np.array([index]))


def mean_of_first(store: FaceStore) -> float:
    return float(store.read(np.array([0])).mean())


def test_another_process_maps_the_store_itself(tmp_path: Path) -> None:
    store = write_store(tmp_path, noise(4))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(mean_of_first, (store,)) == mean_of_first(store)


def test_missing_or_damaged_store_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="kedro run --pipelines=ingest"):
        FaceStore(tmp_path / "nowhere")
    write_store(tmp_path, noise(4))
    shard = tmp_path / "shards" / "00000.u8"
    shard.write_bytes(shard.read_bytes()[:-1])
    with pytest.raises(ValueError, match="too short"):
        FaceStore(tmp_path)
    shard.unlink()
    with pytest.raises(ValueError, match="missing"):
        FaceStore(tmp_path)


def test_store_that_changed_since_the_dataset_was_written_is_refused(tmp_path: Path) -> None:
    card = tmp_path / "02_intermediate" / "face_store.json"
    save_card(write_store(tmp_path / "02_intermediate" / "faces", noise(4)), card)
    assert len(open_face_store(card)) == 4
    write_store(tmp_path / "02_intermediate" / "faces", noise(5))
    with pytest.raises(ValueError, match="other faces"):
        open_face_store(card)


def test_a_card_names_the_store_wherever_the_project_is_moved(tmp_path: Path) -> None:
    store = write_store(tmp_path / "data" / "02_intermediate" / "faces", noise(4))
    store.source["kind"] = "drawn"
    save_card(store, tmp_path / "data" / "02_intermediate" / "face_store.json")
    (tmp_path / "data").rename(tmp_path / "moved")
    moved = open_face_store(tmp_path / "moved" / "02_intermediate" / "face_store.json")
    assert moved.source == {"kind": "drawn"}
    assert (moved.read(np.arange(4)) == noise(4)).all()


def test_unknown_schema_is_refused(tmp_path: Path) -> None:
    write_store(tmp_path, noise(1))
    manifest = json.loads((tmp_path / "store.json").read_text())
    (tmp_path / "store.json").write_text(json.dumps({**manifest, "schema": 99}))
    with pytest.raises(ValueError, match="schema 99"):
        FaceStore(tmp_path)


def test_array_faces_refuses_what_is_not_a_set_of_square_pictures() -> None:
    with pytest.raises(ValueError, match="uint8"):
        ArrayFaces(np.zeros((1, 4, 4, 3), np.float32))
    with pytest.raises(ValueError, match="square"):
        ArrayFaces(np.zeros((1, 4, 5, 3), np.uint8))
