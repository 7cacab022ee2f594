"""The card of a face store: one small file by which every stage and page finds the faces that a project works on."""

import json
from pathlib import Path

from anime_gen.images.files import write_atomically
from anime_gen.images.remote import RemoteStore
from anime_gen.images.store import FaceStore


def save_card(store: FaceStore, path: Path) -> None:
    """Name the store that a project works on in one JSON file; folders are stated from two above it, where `data` is.

    The faces stay where they are.
    """
    data = path.resolve().parents[1]
    if isinstance(store.place, Path):
        where = {"folder": _stated(store.place, data)}
    else:
        where = {"address": store.place.address, "fetched": _stated(store.place.fetched, data)}
    text = json.dumps(where | store.facts, indent=1).encode()
    write_atomically(path, lambda file: file.write(text))


def _stated(folder: Path, data: Path) -> str:
    folder = folder.resolve()
    return (folder.relative_to(data) if folder.is_relative_to(data) else folder).as_posix()


def open_face_store(path: Path) -> FaceStore:
    """The store that a card names.

    Raises ValueError when there are now other faces than the card states (the source changed since), or when an
    address cannot be reached.
    """
    card, data = json.loads(path.read_text(encoding="utf-8")), path.resolve().parents[1]
    remote = "address" in card
    place = RemoteStore(card["address"], data / card["fetched"]) if remote else data / card["folder"]
    store = FaceStore(place, card.get("source"))
    if store.fingerprint != card["fingerprint"]:
        raise ValueError(f"{place} holds other faces than {path.name} states; run `kedro run --pipelines=ingest` again")
    return store
