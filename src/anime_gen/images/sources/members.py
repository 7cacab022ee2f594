"""What every source gives: a listing of members, and batches of work that another process can carry out."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, NamedTuple, Protocol

import numpy as np

from anime_gen.images.config import FacesConfig
from anime_gen.images.decoding import decode
from anime_gen.images.framing import frame
from anime_gen.images.rejection import Reject, Rejection

LABELS_NAME = "labels.csv"


class Member(NamedTuple):
    """One candidate picture of a source."""

    name: str  # as shown to people: "/" between folders, always valid UTF-8
    stamp: str  # changes when the content does; found without reading the content
    size: int  # bytes, unpacked
    where: tuple[Any, ...]  # how its reader finds it


@dataclass
class Listing:
    """What a source holds: members in name order, what was refused by its name or type alone, and the labels table."""

    members: list[Member]
    rejects: list[Reject] = field(default_factory=list)
    labels: bytes | None = None
    labels_name: str = LABELS_NAME

    @property
    def seen(self) -> int:
        """Everything that was looked at."""
        return len(self.members) + len(self.rejects)


@dataclass(frozen=True)
class Picture:
    """A usable picture: framed pixels and what is known of the original."""

    pixels: np.ndarray  # uint8 [r, r, 3]
    sha256: str  # of the decoded pixels and their shape, before framing
    width: int
    height: int
    origin: str | None = None  # drawn: the character's JSON, which makes the picture again
    labels: str | None = None  # drawn: its labels as JSON {attribute: value or null}


class Work(Protocol):
    """A batch: `slots[i]` is where picture i belongs. Sent to another process, so it holds plain data only."""

    @property
    def slots(self) -> Sequence[int]:
        """Slots of the store, one a picture."""
        ...

    def pictures(self, config: FacesConfig) -> Iterator[Picture | Reject]:
        """Make the pictures, in slot order; a picture that cannot be used comes out as a Reject."""
        ...

    def halves(self) -> "list[Work]":
        """The batch in two parts, to find the picture that brings a process down; empty when it is one picture."""
        ...

    def crashed(self) -> Reject:
        """The reject that stands for the only picture of this batch, whose decoding ended the process."""
        ...


class Source(Protocol):
    """A place that pictures come from."""

    def identity(self) -> dict[str, Any]:
        """What makes this source differ from others: part of the store's key."""
        ...

    def stamp(self) -> str | None:
        """A cheap mark of the state of the source; None when only a listing can tell."""
        ...

    def listing(self) -> Listing:
        """Everything in the source, nothing decoded."""
        ...

    def works(self, pending: Sequence[tuple[int, Member]], batch: int) -> Iterator[Work]:
        """Batches of at most `batch` pictures that cover `pending` (slot and member)."""
        ...


class Reader(Protocol):
    """Reads the bytes of members in whichever process it finds itself."""

    def open(self) -> AbstractContextManager["OpenReader"]:
        """Open what has to be opened once a batch."""
        ...


class OpenReader(Protocol):
    """An open reader."""

    def read(self, member: Member, limit: int) -> bytes:
        """The bytes of `member`, at most `limit`; Rejection when it cannot be read or is larger."""
        ...


@dataclass(frozen=True)
class FileWork:
    """Pictures that have to be read and decoded."""

    reader: Reader
    slots: list[int]
    members: list[Member]

    def pictures(self, config: FacesConfig) -> Iterator[Picture | Reject]:
        """Read, decode and frame each member."""
        with self.reader.open() as reader:
            for member in self.members:
                data = b""
                try:
                    data = reader.read(member, config.max_bytes)
                    yield made_picture(decode(data, config), config)
                except Rejection as rejection:
                    digest = hashlib.sha256(data).hexdigest() if data else None
                    yield Reject(member.name, rejection.reason, rejection.detail, digest)

    def halves(self) -> list[Work]:
        """Two batches of half the members each."""
        if len(self.slots) < 2:
            return []
        middle = len(self.slots) // 2
        first = FileWork(self.reader, self.slots[:middle], self.members[:middle])
        return [first, FileWork(self.reader, self.slots[middle:], self.members[middle:])]

    def crashed(self) -> Reject:
        """The reject for the single member."""
        rejection = Rejection("crash")
        return Reject(self.members[0].name, rejection.reason, rejection.detail)


def made_picture(pixels: np.ndarray, config: FacesConfig) -> Picture:
    """Frame decoded pixels uint8 `[h, w, 3]` and note what exact duplicates are recognised by."""
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(f"{width}x{height}\n".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return Picture(frame(pixels, config), digest.hexdigest(), width, height)


def file_works(reader: Reader, pending: Sequence[tuple[int, Member]], batch: int) -> Iterator[FileWork]:
    """Cut `pending` into batches for a reader that can read any member at any time."""
    rest = iter(pending)
    while chunk := list(islice(rest, batch)):
        yield FileWork(reader, [slot for slot, _ in chunk], [member for _, member in chunk])


def check_size(size: int, limit: int) -> None:
    """Raise Rejection for a file of more than `limit` bytes."""
    if size > limit:
        raise Rejection("too_many_bytes", f"{size} bytes, faces.max_bytes is {limit}")


def check_member_name(name: str) -> None:
    """Raise Rejection for a name that would leave the folder it is unpacked into."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    drive = len(name) > 1 and name[1] == ":"
    if name.startswith(("/", "\\")) or drive or ".." in parts or "\0" in name:
        raise Rejection("unsafe_name")
