"""Why a picture was left out. Every reason has a short key, counted in the report, and a detail for the reader."""

from dataclasses import dataclass

REASONS = {
    "empty": "the file has no bytes",
    "too_many_bytes": "larger than faces.max_bytes",
    "unknown_format": "not a PNG, JPEG or WebP by its content",
    "too_many_pixels": "more pixels than faces.max_pixels",
    "side_too_long": "a side longer than faces.max_side_px",
    "too_small": "a side shorter than faces.min_side_px",
    "aspect": "longer and narrower than faces.max_aspect",
    "truncated": "the file ends before the picture does",
    "corrupt": "the picture cannot be decoded",
    "crash": "decoding it stopped the process",
    "no_face": "the cascade found no face",
    "unsafe_name": "absolute name or one that climbs out of the archive; unpack it and set source.kind=folder",
    "duplicate_name": "several members have this name, so none can be trusted",
    "link": "a link, not a file",
    "special_file": "a device, pipe or other special file",
    "ratio": "unpacks to more than faces.max_ratio times its size",
    "overlap": "shares bytes with another member",
    "encrypted": "encrypted; unpack it with its password and set source.kind=folder",
    "compression": "packed by a method that is not read; unpack it and set source.kind=folder",
    "checksum": "the archive's checksum does not fit",
    "unreadable": "the file cannot be read",
    "table": "a table, not a picture; to have it read, call it labels.csv or name it in source.labels",
    "notes": "text beside the pictures; not read",
    "second_table": "another table of labels; only the one nearest the top is read: put all rows into one",
    "archive": "an archive inside the source; unpack it first",
    "system": "a hidden file, or one that the system keeps beside pictures; not read",
}


class Rejection(Exception):
    """A picture cannot be used. Caught a picture at a time, so that its neighbours are kept."""

    def __init__(self, reason: str, detail: str = "") -> None:
        """`reason` is a key of `REASONS`; `detail` adds sizes or the decoder's words."""
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail or REASONS[reason]


@dataclass(frozen=True)
class Reject:
    """A line of the rejects file."""

    name: str
    reason: str
    detail: str
    sha256: str | None = None  # of the file's bytes, when they were read
