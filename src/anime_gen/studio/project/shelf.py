"""Where documents lie on disk: saved after every step, whole or not at all, with older copies beside."""

import hashlib
import re
import secrets
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from anime_gen.images.files import write_atomically
from anime_gen.studio.project.document import Document, DocumentError

FILE = "project.json"
COPIES = "copies"
KEY = re.compile(r"[0-9a-f]{32}")
COPY_EVERY_S = 300.0
COPIES_KEPT = 20


@dataclass
class OpenDocument:
    """A document in memory, the key it lies under, and what the artist should be told about it."""

    key: str
    document: Document
    note: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)
    saved: str = ""  # digest of the text on disk
    copied: float = 0.0  # when the last older copy was made


class Shelf:
    """The documents below one folder; each has a key that nobody guesses, and one copy in memory for all its tabs."""

    def __init__(self, folder: Path, most_open: int = 64) -> None:
        self.folder, self.most_open = folder, most_open
        self._open: dict[str, OpenDocument] = {}
        self._lock = threading.Lock()

    def open(self, key: str) -> OpenDocument | None:
        """The document under a key, or None if there is none.

        A file that cannot be read is set aside and the newest copy that can is opened in its place; DocumentError if
        none can.
        """
        if not KEY.fullmatch(key):
            return None
        with self._lock:
            if key in self._open:
                self._open[key] = self._open.pop(key)  # used last
                return self._open[key]
            if not (self.folder / key / FILE).is_file():
                return None
            return self._remember(self._read(key))

    def create(self, document: Document) -> OpenDocument:
        """Put a new document on the shelf, under a key of its own."""
        with self._lock:
            opened = self._remember(OpenDocument(secrets.token_hex(16), document))
        self.save(opened)
        return opened

    def save(self, opened: OpenDocument) -> bool:
        """Write a document if it changed since it was written; whether it did. OSError: the old file is whole.

        What somebody else wrote into the file in the meantime is kept as a copy.
        """
        with opened.lock:
            text = opened.document.to_json().encode()
            digest = hashlib.sha256(text).hexdigest()
            if digest == opened.saved:
                return False
            path = self.folder / opened.key / FILE
            self._copy(path, opened)
            write_atomically(path, lambda file: file.write(text))
            opened.saved = digest
            return True

    def keep_picture(self, opened: OpenDocument, member: str, png: bytes) -> None:
        """Store the picture of a member: its model may be gone one day."""
        write_atomically(self._picture(opened, member), lambda file: file.write(png))

    def picture(self, opened: OpenDocument, member: str) -> bytes | None:
        """The PNG of a member as it was kept, or None if it is lost."""
        path = self._picture(opened, member)
        return path.read_bytes() if path.is_file() else None

    def _picture(self, opened: OpenDocument, member: str) -> Path:
        name = hashlib.sha256(member.encode()).hexdigest()[:16]  # a key from an edited file must not name a path
        return self.folder / opened.key / "pictures" / f"{name}.png"

    def _remember(self, opened: OpenDocument) -> OpenDocument:
        self._open[opened.key] = opened
        while len(self._open) > self.most_open:
            del self._open[next(iter(self._open))]  # it lies on disk and is read again when its artist comes back
        return opened

    def _read(self, key: str) -> OpenDocument:
        path, problem = self.folder / key / FILE, ""
        for candidate in (path, *self._copies(path)):
            try:
                data = candidate.read_bytes()
                opened = OpenDocument(key, Document.from_json(data.decode("utf-8", "replace")))
            except DocumentError as error:
                problem = problem or str(error)
                continue
            if candidate is path:
                opened.saved = hashlib.sha256(data).hexdigest()
            else:
                path.replace(path.parent / COPIES / f"{time.time_ns()}-damaged.txt")
                opened.note = f"{problem} Its last good copy is open instead; the damaged file is kept beside it."
            return opened
        raise DocumentError(f"{problem} There is no good copy of it. The file is {path}; nothing in it was changed.")

    def _copies(self, path: Path) -> list[Path]:
        """Older copies, newest first."""
        return sorted((path.parent / COPIES).glob("*.json"), reverse=True)

    def _copy(self, path: Path, opened: OpenDocument) -> None:
        """Keep the file that is about to be replaced, if the last copy is old or somebody else wrote it."""
        if not path.is_file():
            return
        foreign = hashlib.sha256(path.read_bytes()).hexdigest() != opened.saved
        if not foreign and time.monotonic() - opened.copied < COPY_EVERY_S and opened.copied:
            return
        copy = path.parent / COPIES / f"{time.time_ns()}.json"
        write_atomically(copy, lambda file: file.write(path.read_bytes()))
        opened.copied = time.monotonic()
        for old in self._copies(path)[COPIES_KEPT:]:
            old.unlink(missing_ok=True)
        if foreign and opened.saved:
            opened.note = "The project's file was changed by another program; that version is kept among its copies."
