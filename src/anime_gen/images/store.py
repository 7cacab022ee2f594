"""The face store: decoded, framed faces in a few memory-mapped files.

A store folder holds `shards/NNNNN.u8` (raw uint8 pictures, a fixed number a shard), `rows.i64` (which slot is face i)
and `store.json` (the manifest, replaced last). Pictures live in *slots* that never move: a later ingest appends slots
and republishes `rows.i64`, so a trainer that has the store open goes on reading what it opened. A copy of the store may
lie at an address of an object store (see remote.py).
"""

import hashlib
import json
import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from anime_gen.images.faces import AveragedFaces, Faces, check_indices
from anime_gen.images.files import naming, write_atomically
from anime_gen.images.remote import RemoteStore

SCHEMA = 1
MANIFEST, ROWS = "store.json", "rows.i64"
SHARD_BYTES = 256 * 2**20  # few enough files that 200,000 faces of 128 px stay far below the limit of open files


def rows_per_shard(resolution: int) -> int:
    """Pictures in one shard: the largest power of two that stays within `SHARD_BYTES`."""
    return 1 << max(0, (SHARD_BYTES // (resolution * resolution * 3)).bit_length() - 1)


def shard_name(shard: int) -> str:
    """Where a shard lies in its store's folder."""
    return f"shards/{shard:05d}.u8"


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
    write_atomically(folder / ROWS, lambda file: file.write(rows))
    manifest = {
        "schema": SCHEMA,
        "resolution": resolution,
        "rows_per_shard": rows_per_shard(resolution),
        "slots": total_slots,
        "count": len(slots),
        "fingerprint": fingerprint,
    }
    text = json.dumps(manifest, indent=1).encode() + b"\n"
    write_atomically(folder / MANIFEST, lambda file: file.write(text))
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
    """Random access to the faces of a store, without decoding. Any number of processes may read."""

    def __init__(self, place: Path | RemoteStore, source: Mapping[str, Any] | None = None) -> None:
        """Open the store in a folder or at an address; its faces are of `source` (its kind and name).

        Shards of a folder are mapped at once, those at an address when a picture of them is first read.
        FileNotFoundError when there is no store, ValueError when its files do not fit together.
        """
        self.place = place
        self.source = dict(source or {})
        manifest = _read_manifest(place)
        self._resolution = int(manifest["resolution"])
        self._fingerprint = str(manifest["fingerprint"])
        self._shard_rows = int(manifest["rows_per_shard"])
        self._slot_count = int(manifest["slots"])
        self._slots = np.fromfile(_local(place, manifest.get("rows", ROWS)), dtype="<i8")
        if len(self._slots) != manifest["count"] or (len(self._slots) and self._slots.max() >= self._slot_count):
            raise ValueError(f"{place}: rows.i64 does not fit store.json; run `kedro run --pipelines=ingest` again")
        shards = range(-(-self._slot_count // self._shard_rows))
        self._names: list[str] = manifest.get("shards", [shard_name(shard) for shard in shards])
        self._shards: dict[int, np.ndarray] = {}
        if isinstance(place, Path):
            for shard in shards:
                self._shard(shard)

    def _shard(self, shard: int) -> np.ndarray:
        """The pictures of a shard, mapped into memory."""
        if shard not in self._shards:
            self._shards[shard] = self._map_shard(shard)
        return self._shards[shard]

    def _map_shard(self, shard: int) -> np.ndarray:
        path = _local(self.place, self._names[shard])
        rows = min(self._shard_rows, self._slot_count - shard * self._shard_rows)
        shape = (rows, self._resolution, self._resolution, 3)
        try:
            return np.memmap(path, dtype=np.uint8, mode="r", shape=shape)
        except (OSError, ValueError) as error:
            where = self.place if isinstance(self.place, Path) else path
            raise ValueError(
                f"{path} is missing or too short ({error}); delete {where} and run `kedro run --pipelines=ingest`"
            ) from error

    def __reduce__(self) -> tuple[Any, ...]:
        return FaceStore, (self.place, self.source)  # another process maps the files itself

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
            return np.asarray(self._shard(int(touched[0]))[rows])
        pictures = np.empty((len(slots), self._resolution, self._resolution, 3), np.uint8)
        for shard in touched:
            where = shards == shard
            pictures[where] = self._shard(int(shard))[rows[where]]
        return pictures

    def release(self) -> None:
        """Give the pages read so far back to the system: a scan of everything would count as memory in use."""
        for shard in self._shards.values():
            if hasattr(mmap, "MADV_DONTNEED"):
                shard._mmap.madvise(mmap.MADV_DONTNEED)  # type: ignore[attr-defined]

    def at(self, resolution: int) -> Faces:
        """The same faces area-averaged to `resolution`, computed as they are read."""
        return self if resolution == self._resolution else AveragedFaces(self, resolution)


def _local(place: Path | RemoteStore, name: str) -> Path:
    return place / name if isinstance(place, Path) else place.fetch(name)


def _read_manifest(place: Path | RemoteStore) -> dict[str, Any]:
    try:
        text = (place / MANIFEST).read_text() if isinstance(place, Path) else place.read(MANIFEST)
    except FileNotFoundError:
        raise FileNotFoundError(f"no face store in {place}; make one with `kedro run --pipelines=ingest`") from None
    manifest: dict[str, Any] = json.loads(text)
    if manifest.get("schema") != SCHEMA:
        raise ValueError(
            f"{place}/{MANIFEST}: schema {manifest.get('schema')} is not {SCHEMA}; delete {place} and ingest again"
        )
    return manifest


def publish_remotely(folder: Path, remote: RemoteStore, done: Callable[[int], object]) -> None:
    """Make the store at an address hold what the one in `folder` does; `done` is told of each shard that is there.

    Files there are named by their content and never change; the manifest, which names them, is replaced last. So
    what somebody reads stays readable, and only what is new is sent.
    """
    manifest = _read_manifest(folder)
    try:
        if _read_manifest(remote)["fingerprint"] == manifest["fingerprint"]:
            return
    except FileNotFoundError:
        pass
    shards = []
    for shard in range(-(-manifest["slots"] // manifest["rows_per_shard"])):
        shards.append(remote.send(folder / shard_name(shard)))
        done(1)
    listed = manifest | {"rows": remote.send(folder / ROWS), "shards": shards}
    remote.write(MANIFEST, json.dumps(listed, indent=1).encode() + b"\n")
