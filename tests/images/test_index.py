import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anime_gen.images.index import SPLIT_SHARES, split_notes, split_of_groups


def digests(count: int) -> list[str]:
    return [hashlib.sha256(str(i).encode()).hexdigest() for i in range(count)]


def test_split_depends_on_content_not_on_order_or_company() -> None:
    names = digests(2000)
    alone = dict(zip(names, split_of_groups(names, np.arange(2000)), strict=True))
    order = np.random.default_rng(0).permutation(2000)[:1250]
    shuffled = [names[i] for i in order]
    assert split_of_groups(shuffled, np.arange(1250)) == [alone[name] for name in shuffled]


def test_shares_are_as_stated() -> None:
    splits = split_of_groups(digests(20_000), np.arange(20_000))
    for name, share in SPLIT_SHARES.items():
        assert abs(splits.count(name) / 20_000 - share) < 0.01


def test_a_group_is_never_divided() -> None:
    groups = np.random.default_rng(1).integers(0, 60, 500)
    splits = np.array(split_of_groups(digests(500), groups))
    assert all(len(set(splits[groups == group])) == 1 for group in set(groups.tolist()))


def counts(groups: np.ndarray, seed: int = 0) -> dict[str, int]:
    names = [hashlib.sha256(f"{seed}-{i}".encode()).hexdigest() for i in range(len(groups))]
    splits = split_of_groups(names, groups)
    return {name: splits.count(name) for name in SPLIT_SHARES}


@pytest.mark.parametrize("count", [20, 60, 120, 200, 400])
def test_chance_starves_no_stage_of_a_small_set(count: int) -> None:
    for seed in range(40):
        held = counts(np.arange(count), seed)
        assert min(held["tag_test"], held["held_out"]) >= min(10, count // 20)
        assert held["train"] >= count / 2


def test_frames_of_one_scene_are_trained_on_and_the_lack_is_said() -> None:
    for seed in range(10):
        one_scene = np.zeros(600, np.int64)
        held = counts(one_scene, seed)
        assert held == {"train": 600, "tag_test": 0, "held_out": 0}
    notes = split_notes(one_scene, ["train"] * 600)
    assert "600 of 600 faces are near copies" in notes[0]
    assert "published all the same" in notes[1]
    assert split_notes(np.arange(400), ["train"] * 360 + ["tag_test"] * 20 + ["held_out"] * 20) == []


@settings(max_examples=100, deadline=None)
@given(groups=st.lists(st.integers(0, 30), min_size=1, max_size=300).map(np.array), seed=st.integers(0, 99))
def test_groups_stay_whole_and_train_keeps_half(groups: np.ndarray, seed: int) -> None:
    names = [hashlib.sha256(f"{seed}-{i}".encode()).hexdigest() for i in range(len(groups))]
    splits = np.array(split_of_groups(names, groups))
    assert all(len(set(splits[groups == group])) == 1 for group in set(groups.tolist()))
    assert 2 * (splits == "train").sum() >= len(groups)
