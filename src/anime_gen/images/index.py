"""The table of faces: one row a picture of the store, in name order, with its group, its split and its labels."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from anime_gen.images.members import Listing
from anime_gen.images.rejection import Reject

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

SPLIT_SHARES = {"train": 0.90, "tag_test": 0.05, "held_out": 0.05}


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
    """The split of every picture, decided by the content of its group alone: neither order nor count matter.

    `digests` are sha256 in hex, `groups` int64 `[n]`; a group is drawn by the smallest digest in it.
    """
    smallest: dict[int, str] = {}
    for digest, group in zip(digests, groups.tolist(), strict=True):
        smallest[group] = min(digest, smallest.get(group, digest))
    split = {group: _split_of(digest) for group, digest in smallest.items()}
    return [split[group] for group in groups.tolist()]


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
