import hashlib

import numpy as np

from anime_gen.images.index import SPLIT_SHARES, split_of_groups


def digests(count: int) -> list[str]:
    return [hashlib.sha256(str(i).encode()).hexdigest() for i in range(count)]


def test_split_depends_on_content_not_on_order_or_company() -> None:
    names = digests(400)
    alone = dict(zip(names, split_of_groups(names, np.arange(400)), strict=True))
    order = np.random.default_rng(0).permutation(400)[:250]
    shuffled = [names[i] for i in order]
    assert split_of_groups(shuffled, np.arange(250)) == [alone[name] for name in shuffled]


def test_shares_are_as_stated() -> None:
    splits = split_of_groups(digests(20_000), np.arange(20_000))
    for name, share in SPLIT_SHARES.items():
        assert abs(splits.count(name) / 20_000 - share) < 0.01


def test_a_group_is_never_divided() -> None:
    groups = np.random.default_rng(1).integers(0, 60, 500)
    splits = np.array(split_of_groups(digests(500), groups))
    assert all(len(set(splits[groups == group])) == 1 for group in set(groups.tolist()))
