from pathlib import Path

import numpy as np
import pytest

from anime_gen.images import duplicates, write_store
from anime_gen.images.alignment import Difference, differences
from anime_gen.images.duplicates import group_near_duplicates
from anime_gen.images.hashing import perceptual_hashes
from tests.images.pictures import face
from tests.images.planted import drawn_set, search


def test_planted_copies_are_found_and_look_alikes_are_not(tmp_path: Path) -> None:
    originals, strangers = drawn_set(6, seed=12, share=0.35, every=4)
    found = search(tmp_path, originals, strangers)
    assert found.recall >= 0.95, found.missed
    assert found.precision >= 0.98, found.merged


@pytest.mark.slow
def test_planted_copies_are_found_and_look_alikes_are_not_in_a_larger_set(tmp_path: Path) -> None:
    originals, strangers = drawn_set(16, seed=12, share=0.35)
    found = search(tmp_path, originals, strangers)
    print(f"{len(originals)} originals, {len(strangers)} look-alikes: {found.recall=:.4f} {found.precision=:.4f}")
    assert found.recall >= 0.95, found.missed
    assert found.precision >= 0.98, found.merged


def hashes_of(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pairs = np.array([perceptual_hashes(picture) for picture in pictures], np.uint64)
    return pairs[:, 0], pairs[:, 1]


def test_groups_are_numbered_by_first_appearance_and_chains_join(tmp_path: Path) -> None:
    faces = np.stack([np.asarray(face(number, 64)) for number in range(4)])
    order = [2, 0, 2, 1, 0, 3, 2]
    pictures = faces[order].copy()
    pictures[2] = pictures[2][:, ::-1]  # the mirrored copy joins the group too
    pictures[4, 30, 30] ^= 4
    groups = group_near_duplicates(write_store(tmp_path, pictures), *hashes_of(pictures))
    assert groups.tolist() == [0, 1, 0, 2, 1, 3, 0]


@pytest.mark.parametrize("count", [0, 1])
def test_very_small_sets(tmp_path: Path, count: int) -> None:
    pictures = np.stack([np.asarray(face(number, 32)) for number in range(2)])[:count]
    hashes = np.zeros(count, np.uint64)
    assert group_near_duplicates(write_store(tmp_path, pictures), hashes, hashes).tolist() == list(range(count))


def test_hashes_turn_with_the_picture() -> None:
    picture = np.asarray(face(5, 64))
    plain, mirrored = perceptual_hashes(picture)
    assert perceptual_hashes(np.ascontiguousarray(picture[:, ::-1])) == (mirrored, plain)
    assert plain != mirrored


def test_a_local_change_outweighs_equal_noise_everywhere() -> None:
    picture = np.asarray(face(6, 64))[None]
    noise = np.random.default_rng(0).integers(-6, 7, picture.shape)
    noisy = np.clip(picture.astype(int) + noise, 0, 255).astype(np.uint8)
    spot = picture.copy()
    spot[0, 28:36, 28:36] = np.clip(spot[0, 28:36, 28:36].astype(int) + 24, 0, 255)
    assert differences(picture, picture).is_copy.all()
    assert differences(picture, noisy).is_copy.all()
    assert not differences(picture, spot).is_copy.any()


def test_frames_of_one_scene_are_one_group_and_cost_a_bounded_number_of_comparisons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    scenes = [np.asarray(face(number, 68)).astype(np.int16) for number in (3, 4)]
    frames = []
    for number in range(400):
        down, right = random.integers(0, 5, 2)
        frame = scenes[number % 2][down : down + 64, right : right + 64] + random.normal(0, 2, (64, 64, 3))
        frames.append(frame.clip(0, 255).astype(np.uint8))
    pictures = np.stack(frames)
    compared: list[int] = []
    real = duplicates.differences

    def counted(first: np.ndarray, second: np.ndarray, align: bool = True) -> Difference:
        compared.append(len(first))
        return real(first, second, align)

    monkeypatch.setattr(duplicates, "differences", counted)
    done: list[int] = []
    groups = group_near_duplicates(write_store(tmp_path, pictures), *hashes_of(pictures), done.append)
    assert np.bincount(groups[::2]).max() >= 195
    assert np.bincount(groups[1::2]).max() >= 195
    assert not set(groups[::2].tolist()) & set(groups[1::2].tolist())
    assert sum(compared) < 400 * 8  # all pairs would be 40,000
    assert sum(done) == 400
