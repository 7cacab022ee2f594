import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from anime_gen.images.config import FacesConfig
from anime_gen.images.filling import fill_store
from anime_gen.images.ledger import Ledger
from anime_gen.images.rejection import Reject
from anime_gen.images.sources.members import Picture, Work, made_picture
from anime_gen.images.store import ShardWriter

CONFIG = FacesConfig(resolution_px=16, workers=1)


@dataclass(frozen=True)
class DeadlyWork:
    """Grey pictures, of which some end the process that makes them."""

    slots: list[int]
    deadly: frozenset[int]

    def pictures(self, config: FacesConfig) -> Iterator[Picture | Reject]:
        for slot in self.slots:
            if slot in self.deadly:
                os._exit(139)
            yield made_picture(np.full((16, 16, 3), slot, np.uint8), config)

    def halves(self) -> list[Work]:
        middle = len(self.slots) // 2
        parts = (self.slots[:middle], self.slots[middle:])
        return [DeadlyWork(part, self.deadly) for part in parts] if middle else []

    def crashed(self) -> Reject:
        return Reject(str(self.slots[0]), "crash", "")


def test_a_picture_that_ends_its_process_costs_nobody_else(tmp_path: Path) -> None:
    ShardWriter(tmp_path, 16).reserve(12)
    works = [DeadlyWork(list(range(first, first + 4)), frozenset({5})) for first in (0, 4, 8)]
    settled: list[int] = []
    fill_store(iter(works), CONFIG, tmp_path, settled.append)
    results = Ledger(tmp_path).settle().to_pylist()
    assert [row["slot"] for row in results] == list(range(12))
    assert [row["slot"] for row in results if row["reason"] == "crash"] == [5]
    assert sum(settled) == 12
    pixels = np.fromfile(tmp_path / "shards" / "00000.u8", np.uint8).reshape(12, -1)
    assert [int(row[0]) for row in pixels] == [0, 1, 2, 3, 4, 0, 6, 7, 8, 9, 10, 11]


@dataclass(frozen=True)
class FailingWork(DeadlyWork):
    def pictures(self, config: FacesConfig) -> Iterator[Picture | Reject]:
        raise OSError(28, "No space left on device")


def test_an_error_that_is_not_the_pictures_fault_stops_the_run(tmp_path: Path) -> None:
    ShardWriter(tmp_path, 16).reserve(1)
    with pytest.raises(OSError, match="No space left"):
        fill_store(iter([FailingWork([0], frozenset())]), CONFIG, tmp_path, lambda n: None)
    assert Ledger(tmp_path).settled_slots() == set()
