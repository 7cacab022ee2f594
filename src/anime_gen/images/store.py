"""The face store: decoded, framed faces in a few memory-mapped files.

A store folder holds `shards/NNNNN.u8` (raw uint8 pictures, a fixed number a shard), `rows.i64` (which slot is face i)
and `store.json` (the manifest, replaced last). Pictures live in *slots* that never move: a later ingest appends slots
and republishes `rows.i64`, so a trainer that has the store open goes on reading what it opened.
"""

import hashlib
import json
import mmap
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from anime_gen.images.faces import AveragedFaces, Faces, check_indices
from anime_gen.images.files import naming, write_atomically

SCHEMA = 1
SHARD_BYTES = 256 * 2**20  # few enough files that 200,000 faces of 128 px stay far below the limit of open files


def rows_per_shard(resolution: int) -> int:
    """Pictures in one shard: the largest power of two that stays within `SHARD_BYTES`."""
    return 1 << max(0, (SHARD_BYTES // (resolution * resolution * 3)).bit_length() - 1)


class ShardWriter:
    """Writes pictures into slots. Several processes may write at once as long as their slots differ."""

    def __init__(self, folder: Path, resolution: int) -> None:
        """Write below `folder`; every picture is uint8 `[resolution, resolution, 3]`."""
        self._folder = folder / "shards"
        self._resolution = resolution
        self._picture_bytes = resolution * resolution * 3
        self._shard_rows = rows_per_shard(resolution)

    def reserve(self, slots: int) -> None:
        """Give the shard files the size that `slots` pictures need; slots never written stay sparse zeros."""
        with naming(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        for shard, first in enumerate(range(0, slots, self._shard_rows)):
            path, size = self._folder / f"{shard:05d}.u8", min(self._shard_rows, slots - first) * self._picture_bytes
            with naming(path):
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
                try:
                    if os.fstat(descriptor).st_size < size:
                        os.ftruncate(descriptor, size)
                finally:
                    os.close(descriptor)

    def check(self, slots: int) -> None:
        """ValueError unless the shard files hold at least `slots` pictures: what was decoded must still be there."""
        for shard, first in enumerate(range(0, slots, self._shard_rows)):
            path = self._folder / f"{shard:05d}.u8"
            size = min(self._shard_rows, slots - first) * self._picture_bytes
            if not path.is_file() or path.stat().st_size < size:
                raise ValueError(f"{path} is missing or too short; delete {self._folder.parent} and ingest again")

    def write(self, slots: Iterable[int], pictures: Iterable[np.ndarray]) -> None:
        """Write each picture to its slot and force it to disk before returning: only then may a journal name it."""
        open_files: dict[int, int] = {}
        with naming(self._folder), _closed_after(open_files):
            for slot, picture in zip(slots, pictures, strict=True):
                if picture.shape != (self._resolution, self._resolution, 3) or picture.dtype != np.uint8:
                    raise ValueError(f"a {self._resolution} px store cannot hold {picture.dtype} {picture.shape}")
                shard, row = divmod(slot, self._shard_rows)
                if shard not in open_files:
                    open_files[shard] = os.open(self._folder / f"{shard:05d}.u8", os.O_WRONLY)
                os.pwrite(open_files[shard], np.ascontiguousarray(picture).data, row * self._picture_bytes)
            for descriptor in open_files.values():
                os.fsync(descriptor)


@contextmanager
def _closed_after(descriptors: dict[int, int]) -> Iterator[None]:
    try:
        yield
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)


def content_fingerprint(resolution: int, digests: Iterable[str]) -> str:
    """sha256 over the resolution and the pixel digest (sha256, hex) of every face in row order."""
    total = hashlib.sha256(f"faces {resolution}\n".encode())
    for digest in digests:
        total.update(digest.encode() + b"\n")
    return total.hexdigest()


def publish_store(folder: Path, resolution: int, slots: np.ndarray, digests: Iterable[str], total_slots: int) -> str:
    """Make face i of the store the picture in `slots[i]`; the manifest is replaced last. Returns the fingerprint."""
    fingerprint = content_fingerprint(resolution, digests)
    rows = np.asarray(slots).astype("<i8").tobytes()
    write_atomically(folder / "rows.i64", lambda file: file.write(rows))
    manifest = {
        "schema": SCHEMA,
        "resolution": resolution,
        "rows_per_shard": rows_per_shard(resolution),
        "slots": total_slots,
        "count": len(slots),
        "fingerprint": fingerprint,
    }
    text = json.dumps(manifest, indent=1).encode() + b"\n"
    write_atomically(folder / "store.json", lambda file: file.write(text))
    return fingerprint


def write_store(folder: Path, pictures: np.ndarray) -> "FaceStore":
    """A store of pictures that are in memory already, uint8 `[n, r, r, 3]`; for notebooks, tests and bare scripts."""
    resolution = int(pictures.shape[1])
    writer = ShardWriter(folder, resolution)
    writer.reserve(len(pictures))
    writer.write(range(len(pictures)), pictures)
    digests = (hashlib.sha256(np.ascontiguousarray(picture).data).hexdigest() for picture in pictures)
    publish_store(folder, resolution, np.arange(len(pictures)), digests, len(pictures))
    return FaceStore(folder)


class FaceStore:
    """Random access to the faces of a store folder, without decoding. Any number of processes may read."""

    def __init__(self, folder: Path, source: Mapping[str, Any] | None = None) -> None:
        """Open `folder`, whose faces are of `source` (its kind and name).

        FileNotFoundError when there is no store, ValueError when its files do not fit together.
        """
        self.folder = Path(folder)
        self.source = dict(source or {})
        manifest = _read_manifest(self.folder)
        self._resolution = int(manifest["resolution"])
        self._fingerprint = str(manifest["fingerprint"])
        self._shard_rows = int(manifest["rows_per_shard"])
        self._slots = np.fromfile(self.folder / "rows.i64", dtype="<i8")
        if len(self._slots) != manifest["count"] or (len(self._slots) and self._slots.max() >= manifest["slots"]):
            raise ValueError(
                f"{self.folder}: rows.i64 does not fit store.json; run `kedro run --pipelines=ingest` again"
            )
        shards = -(-int(manifest["slots"]) // self._shard_rows)
        self._shards = [self._map_shard(shard, int(manifest["slots"])) for shard in range(shards)]

    def _map_shard(self, shard: int, slots: int) -> np.ndarray:
        path = self.folder / "shards" / f"{shard:05d}.u8"
        rows = min(self._shard_rows, slots - shard * self._shard_rows)
        shape = (rows, self._resolution, self._resolution, 3)
        try:
            return np.memmap(path, dtype=np.uint8, mode="r", shape=shape)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"{path} is missing or too short ({error}); delete {self.folder} and run `kedro run --pipelines=ingest`"
            ) from error

    def __reduce__(self) -> tuple[Any, ...]:
        return FaceStore, (
            self.folder,
            self.source,
        )  # another process maps the files itself

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def resolution(self) -> int:
        """Side in pixels."""
        return self._resolution

    @property
    def facts(self) -> dict[str, Any]:
        """What tells this set of faces from others: resolution, count, fingerprint, source."""
        known = {"resolution": self._resolution, "count": len(self), "fingerprint": self._fingerprint}
        return known | {"source": self.source}

    @property
    def fingerprint(self) -> str:
        """sha256 of the content, from the manifest."""
        return self._fingerprint

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Pictures at `indices`, a fresh uint8 array `[n, r, r, 3]`."""
        slots = self._slots[check_indices(indices, len(self))]
        shards, rows = np.divmod(slots, self._shard_rows)
        touched = np.unique(shards)
        if len(touched) == 1:
            return np.asarray(self._shards[touched[0]][rows])
        pictures = np.empty((len(slots), self._resolution, self._resolution, 3), np.uint8)
        for shard in touched:
            where = shards == shard
            pictures[where] = self._shards[shard][rows[where]]
        return pictures

    def release(self) -> None:
        """Give the pages read so far back to the system: a scan of everything would count as memory in use."""
        for shard in self._shards:
            if hasattr(mmap, "MADV_DONTNEED"):
                shard._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]

    def at(self, resolution: int) -> Faces:
        """The same faces area-averaged to `resolution`, computed as they are read."""
        return self if resolution == self._resolution else AveragedFaces(self, resolution)


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "store.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise FileNotFoundError(f"no face store in {folder}; make one with `kedro run --pipelines=ingest`") from None
    if manifest.get("schema") != SCHEMA:
        raise ValueError(f"{path}: schema {manifest.get('schema')} is not {SCHEMA}; delete {folder} and ingest again")
    return manifest


def save_card(store: FaceStore, path: Path) -> None:
    """Name the store that a project works on in one JSON file; `folder` is stated from two above it, where `data` is.

    The faces stay where they are.
    """
    folder, data = store.folder.resolve(), path.resolve().parents[1]
    place = folder.relative_to(data) if folder.is_relative_to(data) else folder
    text = json.dumps({"folder": place.as_posix()} | store.facts, indent=1).encode()
    write_atomically(path, lambda file: file.write(text))


def open_face_store(path: Path) -> FaceStore:
    """The store that a card names.

    Raises ValueError when the folder now holds other faces than the card states (the source changed since).
    """
    card = json.loads(path.read_text(encoding="utf-8"))
    store = FaceStore(path.resolve().parents[1] / card["folder"], card.get("source"))
    if store.fingerprint != card["fingerprint"]:
        raise ValueError(
            f"{store.folder} holds other faces than {path.name} states; run `kedro run --pipelines=ingest` again"
        )
    return store
