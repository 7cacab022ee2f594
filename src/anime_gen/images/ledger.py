"""What a store knows of its members: which slot each has, and what came of decoding it.

`plan.parquet` gives every member its slot before anything is decoded. Each finished batch leaves one file in
`journal/`, renamed into place after its pixels are on disk. A process killed at any moment therefore loses only batches
that had not finished; the next run plans the same slots and decodes only what no journal names. At the end the journal
is merged into `results.parquet`.
"""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anime_gen.images.files import write_atomically
from anime_gen.images.sources.members import Member

if TYPE_CHECKING:
    import pyarrow as pa

# slot | why it was left out (null: it was not) | sha256 of the original's pixels (of a reject: of its bytes) |
# sha256 of the stored pixels | perceptual hashes | size of the original | drawn: character and labels
_COLUMNS = {
    "slot": "int64",
    "reason": "string",
    "detail": "string",
    "sha256": "string",
    "stored_sha256": "string",
    "phash": "uint64",
    "phash_mirrored": "uint64",
    "width": "int32",
    "height": "int32",
    "origin": "string",
    "labels": "string",
}


def _schema() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema([(name, getattr(pa, kind)()) for name, kind in _COLUMNS.items()])


def write_piece(folder: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Journal the outcome of a batch: `rows` hold the columns above, missing ones are null. Pixels must be on disk."""
    text = json.dumps(list(rows), sort_keys=True).encode()
    write_atomically(folder / "journal" / f"{rows[0]['slot']:09d}.json", lambda file: file.write(text))


class Ledger:
    """The plan and the results of the store in `folder`."""

    def __init__(self, folder: Path) -> None:
        """Read what earlier runs left, finished or not."""
        self._folder = folder
        names, stamps = self._read_plan()
        self._slots = {(name, stamp): slot for slot, (name, stamp) in enumerate(zip(names, stamps, strict=True))}

    @property
    def slots(self) -> int:
        """How many slots have been given out so far."""
        return len(self._slots)

    def plan(self, members: Iterable[Member]) -> list[int]:
        """The slot of each member; new and changed ones get the next free slots. On disk before this returns."""
        before = len(self._slots)
        slots = [self._slots.setdefault((member.name, member.stamp), len(self._slots)) for member in members]
        if len(self._slots) > before:
            self._write_plan()
        return slots

    def settled_slots(self) -> set[int]:
        """Slots whose outcome is known, so that nothing is decoded twice."""
        import pyarrow.parquet as pq

        path = self._folder / "results.parquet"
        settled = set(pq.read_table(path, columns=["slot"]).column("slot").to_pylist()) if path.exists() else set()
        for piece in (self._folder / "journal").glob("[0-9]*.json"):
            settled.update(row["slot"] for row in json.loads(piece.read_bytes()))
        return settled

    def results(self) -> "pa.Table":
        """All outcomes by slot, journal included."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self._folder / "results.parquet"
        tables = [pq.read_table(path)] if path.exists() else []
        known = set(tables[0].column("slot").to_pylist()) if tables else set()
        for piece in sorted((self._folder / "journal").glob("[0-9]*.json")):
            rows = [row for row in json.loads(piece.read_bytes()) if row["slot"] not in known]
            known.update(row["slot"] for row in rows)
            tables.append(pa.Table.from_pylist(rows, schema=_schema()))
        if not tables:
            return _schema().empty_table()
        return pa.concat_tables(tables).combine_chunks().sort_by("slot")

    def settle(self) -> "pa.Table":
        """Merge the journal into `results.parquet` and remove it; returns the results."""
        import pyarrow.parquet as pq

        results = self.results()
        if (self._folder / "journal").exists():
            write_atomically(self._folder / "results.parquet", lambda file: pq.write_table(results, file))
            shutil.rmtree(self._folder / "journal")
        return results

    def _read_plan(self) -> tuple[list[str], list[str]]:
        import pyarrow.parquet as pq

        path = self._folder / "plan.parquet"
        if not path.exists():
            return [], []
        table = pq.read_table(path)
        return table.column("name").to_pylist(), table.column("stamp").to_pylist()

    def _write_plan(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        names, stamps = zip(*self._slots, strict=True)
        table = pa.table({"name": pa.array(names, pa.string()), "stamp": pa.array(stamps, pa.string())})
        write_atomically(self._folder / "plan.parquet", lambda file: pq.write_table(table, file))
