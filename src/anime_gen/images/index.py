"""The table of faces: one row a picture of the store, in name order, with its group, its split and its labels."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from anime_gen.images.rejection import Reject
from anime_gen.images.sources.members import Listing

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SPLIT_SHARES = {"train": 0.90, "tag_test": 0.05, "held_out": 0.05}
UNSEEN_NEEDED = 20  # faces outside `train` that a generator can be judged by
FLOOR = 10  # faces that each of the small splits has at least, as far as its share of the set goes


@dataclass
class Kept:
    """What is left of the members: usable pictures by name order, each content once."""

    slots: np.ndarray  # int64 [n]
    names: list[str]
    outcome: "pa.Table"  # [n] rows of the ledger's results
    rejects: list[Reject]
    duplicates: list[tuple[str, int]]  # name of an exact copy, and the row that is kept instead


def keep_usable(listing: Listing, slots: Sequence[int], results: "pa.Table") -> Kept:
    """Drop rejects and exact copies (equal decoded pixels); of copies the first by name stays."""
    import pyarrow as pa

    order = np.asarray(slots, np.int64)
    rows = np.searchsorted(results.column("slot").to_numpy(), order)
    table = results.take(pa.array(rows))
    reasons, details = table.column("reason").to_pylist(), table.column("detail").to_pylist()
    digests = table.column("sha256").to_pylist()
    rejects, kept = list(listing.rejects), list[int]()
    duplicates: list[tuple[str, int]] = []
    row_of: dict[str, int] = {}
    for i, member in enumerate(listing.members):
        if reasons[i] is not None:
            rejects.append(Reject(member.name, reasons[i], details[i], digests[i]))
        elif digests[i] in row_of:
            duplicates.append((member.name, row_of[digests[i]]))
        else:
            row_of[digests[i]] = len(kept)
            kept.append(i)
    names = [listing.members[i].name for i in kept]
    return Kept(order[kept], names, table.take(pa.array(kept, pa.int64())), rejects, duplicates)


def split_of_groups(digests: Sequence[str], groups: np.ndarray) -> list[str]:
    """The split of every picture, decided by the content of its group: neither order nor count matter.

    `digests` are sha256 in hex, `groups` int64 `[n]`; a group is drawn by the smallest digest in it. Only where chance
    would starve a stage whole groups move: to `train` while it has less than half of the faces, then from it to the
    others while they are below `FLOOR` and it keeps half.
    """
    smallest: dict[int, str] = {}
    for digest, group in zip(digests, groups.tolist(), strict=True):
        smallest[group] = min(digest, smallest.get(group, digest))
    split = {group: _split_of(digest) for group, digest in smallest.items()}
    _feed(split, Counter(groups.tolist()), smallest)
    return [split[group] for group in groups.tolist()]


def _feed(split: dict[int, str], sizes: Counter[int], smallest: dict[int, str]) -> None:
    """Move groups until no split starves; ties are decided by content."""
    total, held = sum(sizes.values()), Counter[str]()
    for group, name in split.items():
        held[name] += sizes[group]

    def move(group: int, name: str) -> None:
        held[split[group]] -= sizes[group]
        held[name] += sizes[group]
        split[group] = name

    by_size = sorted(split, key=lambda group: (sizes[group], smallest[group]))
    for group in reversed(by_size):
        if 2 * held["train"] < total and split[group] != "train":
            move(group, "train")
    for name, share in SPLIT_SHARES.items():
        floor = min(FLOOR, int(share * total))
        for group in by_size if name != "train" else ():
            enough = held[name] >= floor or 2 * (held["train"] - sizes[group]) < total
            if not enough and split[group] == "train":
                move(group, name)


def split_notes(groups: np.ndarray, splits: Sequence[str]) -> list[str]:
    """What a set of this size and make cannot be judged by, in words for its owner; nothing for an ordinary set."""
    held, notes = Counter(splits), list[str]()
    unseen = held["tag_test"] + held["held_out"]
    largest = max(Counter(groups.tolist()).values(), default=0)
    if 2 * largest > len(groups) > 1:
        notes.append(
            f"{largest} of {len(groups)} faces are near copies of one another and stay together in the split train"
        )
    if unseen < UNSEEN_NEEDED:
        notes.append(
            f"only {unseen} of {len(groups)} faces are kept unseen, {UNSEEN_NEEDED} are needed to judge a generator: "
            "it is trained and published all the same, its figures of quality stay empty"
        )
    if held["tag_test"] < 2:
        notes.append(f"only {held['tag_test']} faces are left to test sub-models on: their figures stay empty")
    return notes


def _split_of(digest: str) -> str:
    number = int.from_bytes(hashlib.sha256(b"split " + digest.encode()).digest()[:8], "big") / 2**64
    for name, share in SPLIT_SHARES.items():
        if number < share:
            return name
        number -= share
    return next(iter(SPLIT_SHARES))  # only rounding can bring us here


def build_index(kept: Kept, groups: np.ndarray, labels: "pd.DataFrame") -> "pd.DataFrame":
    """Columns id, source_name, sha256, phash, group, split, then `label.<attribute>`; drawn faces add `character`.

    `labels` has one row a kept picture and one column an attribute. The id is the start of the content's sha256, so
    that a picture keeps its id whatever else is added, renamed or removed.
    """
    import pandas as pd

    digests = kept.outcome.column("sha256").to_pylist()
    index = pd.DataFrame(
        {
            "id": [digest[:16] for digest in digests],
            "source_name": kept.names,
            "sha256": digests,
            "phash": [f"{number:016x}" for number in kept.outcome.column("phash").to_pylist()],
            "group": groups,
            "split": split_of_groups(digests, groups),
        }
    )
    origins = kept.outcome.column("origin")
    if origins.null_count < len(origins):
        index["character"] = origins.to_pylist()
    return pd.concat([index, labels.add_prefix("label.").set_axis(index.index)], axis=1)
