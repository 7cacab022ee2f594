"""From a source to a face store and its table: incremental, killable, in bounded memory.

A store folder is keyed by the source and by everything that decides pixels, so that changing either never touches what
is there. `ledger` says what survives a kill, `store` how pictures are kept.
"""

import hashlib
import json
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from anime_gen.images.config import FacesConfig, SourceConfig
from anime_gen.images.decoding import DECODER_VERSION
from anime_gen.images.duplicates import group_near_duplicates
from anime_gen.images.files import disk_full, naming
from anime_gen.images.filling import fill_store
from anime_gen.images.framing import load_cascade
from anime_gen.images.index import build_index, keep_usable
from anime_gen.images.labelling import gather_labels, stated_labels
from anime_gen.images.ledger import Ledger
from anime_gen.images.outcome import Ingested, Outcome, too_few, warn_of
from anime_gen.images.remote import RemoteStore
from anime_gen.images.sources.members import Listing, Source
from anime_gen.images.sources.opening import open_source, read_table
from anime_gen.images.store import FaceStore, ShardWriter, publish_remotely, publish_store
from anime_gen.paths import user_path

if TYPE_CHECKING:
    from tqdm import tqdm

    from anime_gen.attributes import Vocabulary
    from anime_gen.labels.reader import Labels

INDEX_VERSION = 4  # raise it when the same results would give another table
LOCK_PATIENCE_S = 10.0  # another ingest into the same store may be about to end
FETCHED = "fetched"  # beside the stores: what was read of one at an address
BATCH = 64  # pictures a batch: what a kill may cost
# Settings of `faces` that decide which pixels are stored; the others only decide what is said about them.
_PIXEL_SETTINGS = (
    *("resolution_px", "framing", "background", "max_bytes", "max_side_px", "max_pixels", "min_side_px"),
    *("max_aspect", "max_members", "max_ratio", "face_margin"),
)


def ingest(
    source: SourceConfig, faces: FacesConfig, attributes: Any, stores: Path, first_votes: bool = False
) -> Ingested:
    """Bring the store of `source`, below the folder `stores`, up to date; no work when nothing changed.

    `attributes` is the parameter of that name (a `Vocabulary` or its entries), which labels are checked against;
    `first_votes` says whether something else will speak for pictures without labels.
    Raises FileNotFoundError or ValueError with the next step when the source cannot be used, or when fewer than
    `faces.min_accepted` pictures of it can; ValueError when `faces.store` cannot be written.
    """
    from filelock import FileLock, Timeout

    from anime_gen.attributes import Vocabulary

    started = time.monotonic()
    vocabulary = Vocabulary.parse(attributes)
    if faces.face_cascade is not None:
        load_cascade(faces.face_cascade)
    opened = open_source(source, faces, stores)
    folder = stores / store_key(opened, faces)
    remote = RemoteStore(f"{faces.store.rstrip('/')}/{folder.name}", stores / FETCHED) if faces.store else None
    if remote is not None:
        remote.check()
    try:
        with naming(folder):
            folder.mkdir(parents=True, exist_ok=True)
        with naming(folder), FileLock(folder.with_suffix(".lock"), timeout=LOCK_PATIENCE_S):
            outcome, decoded = _up_to_date(opened, source, faces, vocabulary, folder)
            if remote is not None:
                _publish(folder, remote)
    except Timeout:
        raise ValueError(f"another process is ingesting into {folder}; wait until it is done and run again") from None
    notes = outcome.notes(first_votes)
    warn_of(notes, outcome.facts, outcome.rejects, vocabulary)
    return outcome.ingested(source, notes, decoded, time.monotonic() - started, remote)


def store_key(source: Source, faces: FacesConfig) -> str:
    """Folder name of the store: the source and the settings that decide which pixels are stored."""
    cascade = user_path(faces.face_cascade).read_bytes() if faces.face_cascade else b""
    identity = {
        "source": source.identity(),
        "decoder": 1 if source.identity()["kind"] == "drawn" else DECODER_VERSION,  # drawn faces are not decoded
        "cascade": hashlib.sha256(cascade).hexdigest(),
        **{name: getattr(faces, name) for name in _PIXEL_SETTINGS},
    }
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
    return f"{identity['source']['kind']}-{faces.resolution_px}px-{digest[:12]}"


def _up_to_date(
    opened: Source, source: SourceConfig, faces: FacesConfig, vocabulary: "Vocabulary", folder: Path
) -> tuple[Outcome, int]:
    """The outcome in the folder, when it was made from this very state, else a new one; and how many were decoded."""
    labels = read_table(source.labels, folder) if source.labels else None
    stamp = opened.stamp()
    listing = _checked_listing(opened, labels, source.labels) if stamp is None else None
    settings = {
        "index": INDEX_VERSION,
        "stamp": _listing_stamp(listing) if listing is not None else stamp,
        "labels": hashlib.sha256(labels or b"").hexdigest(),
        "vocabulary": vocabulary.version,
        "near_duplicates": _searches_near(source, faces),
        "min_accepted": faces.min_accepted,
    }
    mark = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    known = Outcome.load(folder, mark)
    if known is not None:
        return known, 0
    if listing is None:
        listing = _checked_listing(opened, labels, source.labels)
    stated = stated_labels(listing, vocabulary)  # before anything is decoded: most tables fail in their first lines
    slots, decoded = _decode_missing(opened, listing, faces, folder)
    outcome = _settle(listing, slots, source, faces, vocabulary, stated, folder)
    outcome.save(mark)
    return outcome, decoded


def _checked_listing(opened: Source, labels: bytes | None, labels_name: str | None) -> Listing:
    listing = opened.listing()
    if labels is not None and labels_name is not None:
        listing.labels, listing.labels_name = labels, Path(labels_name).name
    if listing.seen == 0:
        raise ValueError("the source holds no files at all; point source.path at a folder or archive with pictures")
    return listing


def _listing_stamp(listing: Listing) -> str:
    digest = hashlib.sha256(listing.labels or b"")
    for member in listing.members:
        digest.update(f"{member.name}\0{member.stamp}\n".encode())
    for reject in listing.rejects:
        digest.update(f"{reject.name}\0{reject.reason}\n".encode())
    return digest.hexdigest()


def _searches_near(source: SourceConfig, faces: FacesConfig) -> bool:
    return faces.near_duplicates if faces.near_duplicates is not None else source.kind != "drawn"


def _decode_missing(opened: Source, listing: Listing, faces: FacesConfig, folder: Path) -> tuple[list[int], int]:
    """Slots of all members in order, after decoding those that no earlier run has settled; and how many those were."""
    ledger = Ledger(folder)
    writer = ShardWriter(folder, faces.resolution_px)
    settled = ledger.settled_slots()
    writer.check(max(settled, default=-1) + 1)
    slots = ledger.plan(listing.members)
    pending = [(slot, member) for slot, member in zip(slots, listing.members, strict=True) if slot not in settled]
    if pending:
        _check_room(folder, len(pending) * 3 * faces.resolution_px**2)
        writer.reserve(ledger.slots)
        with _progress(len(pending), "Pictures") as bar:
            fill_store(opened.works(sorted(pending), BATCH), faces, folder, bar.update)
    return slots, len(pending)


def _check_room(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise disk_full(folder, f"{needed / 2**20:,.0f} MiB are needed for the faces, {free / 2**20:,.0f} MiB are free")


def _progress(total: int, what: str, unit: str = "pictures") -> "tqdm[Any]":
    from tqdm import tqdm

    pause = 0.5 if sys.stderr.isatty() else 15.0  # a log file wants a line now and then, not a moving bar
    return tqdm(total=total, desc=what, unit=f" {unit}", mininterval=pause)


def _publish(folder: Path, remote: RemoteStore) -> None:
    shards = len(list((folder / "shards").iterdir()))
    with _progress(shards, f"Copies to {remote.address.partition('://')[0]}", "shards") as bar:
        publish_remotely(folder, remote, bar.update)


def _settle(
    listing: Listing,
    slots: list[int],
    source: SourceConfig,
    faces: FacesConfig,
    vocabulary: "Vocabulary",
    stated: "Labels | None",
    folder: Path,
) -> Outcome:
    """Table and manifest from what was decoded: duplicates, groups, splits, labels."""
    Outcome.forget(folder)
    ledger = Ledger(folder)
    kept = keep_usable(listing, slots, ledger.settle())
    if len(kept.names) < faces.min_accepted:
        raise ValueError(too_few(kept, faces.min_accepted))
    digests = kept.outcome.column("stored_sha256").to_pylist()
    fingerprint = publish_store(folder, faces.resolution_px, kept.slots, digests, ledger.slots)
    if _searches_near(source, faces):
        hashes = kept.outcome.column("phash").to_numpy(), kept.outcome.column("phash_mirrored").to_numpy()
        with _progress(len(kept.names), "Near duplicates") as bar:
            groups = group_near_duplicates(FaceStore(folder), *hashes, bar.update)
    else:
        groups = np.arange(len(kept.names))
    labelled = gather_labels(kept, stated, vocabulary)
    index = build_index(kept, groups, labelled.table)
    return Outcome.of(folder, faces.resolution_px, fingerprint, listing.seen, kept, index, labelled)
