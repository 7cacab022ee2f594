"""What to ingest and how: the `source` and `faces` parameters, checked before any work."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

SourceKind = Literal["drawn", "folder", "archive", "kaggle"]
Engine = Literal["processes", "ray"]  # that of `distributed`, which imports torch: too much for a process that decodes
Framing = Literal["crop", "pad"]
RESOLUTIONS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)


def _check_whole(owner: str, name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{owner}.{name} must be a whole number from {low} to {high}, got {value!r}")


def _check_choice(owner: str, name: str, value: Any, allowed: tuple[Any, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{owner}.{name} must be one of {', '.join(map(str, allowed))}; got {value!r}")


def _check_texts(owner: str, texts: dict[str, Any]) -> None:
    for name, value in texts.items():
        if value is not None and not (isinstance(value, str) and value.strip()):
            raise ValueError(f"{owner}.{name} must be a text or null, got {value!r}")


def _is_handle(handle: str | None) -> bool:
    return handle is not None and re.fullmatch(r"\w[\w.-]*/\w[\w.-]*(/versions/\d+)?", handle) is not None


@dataclass(frozen=True)
class SourceConfig:
    """Where the pictures come from (`params:source`)."""

    # A folder called 2024 is a number to YAML.
    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "coerce_numbers_to_str": True}

    kind: SourceKind = "drawn"
    path: str | None = None  # folder or archive on disk; for kaggle: a copy already downloaded
    handle: str | None = None  # Kaggle data set, owner/name
    count: int = 6000  # drawn: how many characters
    seed: int = 0  # drawn: character i depends on (seed, split, i) alone
    split: str = "default"  # drawn: which distribution
    labels: str | None = None  # labels.csv elsewhere than beside the pictures
    licence: str | None = None  # as the user states it; travels into the data card, the bundle and every PNG

    def __post_init__(self) -> None:
        """Raise ValueError that names the field and what it may be."""
        _check_choice("source", "kind", self.kind, get_args(SourceKind))
        _check_texts("source", {name: getattr(self, name) for name in ("path", "handle", "labels", "licence", "split")})
        _check_whole("source", "count", self.count, 1, 10_000_000)
        _check_whole("source", "seed", self.seed, 0, 2**63 - 1)
        if self.kind == "drawn" and self.path is not None:
            raise ValueError(
                f"source.kind is drawn, which reads no path (source.path is {self.path!r}); "
                "add source.kind=folder or source.kind=archive"
            )
        if self.kind == "drawn" and self.labels is not None:
            raise ValueError("source.labels must be null with source.kind=drawn: drawn faces bring their exact labels")
        if self.kind in ("folder", "archive") and self.path is None:
            raise ValueError(f"source.kind={self.kind} needs source.path: the {self.kind} that holds the pictures")
        if self.kind == "kaggle" and self.path is None and not _is_handle(self.handle):
            raise ValueError(
                "source.kind=kaggle needs source.handle as owner/name (or owner/name/versions/3), "
                f"got {self.handle!r}; or set source.path to a folder or zip that is on disk already"
            )


@dataclass(frozen=True)
class FacesConfig:
    """How pictures are decoded, framed, checked for duplicates (`params:faces`)."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    resolution_px: int = 64
    framing: Framing = "crop"  # crop: the centre square; pad: the whole picture on the background
    background: str = "#ffffff"  # under transparent pixels and around padded pictures
    max_bytes: int = 32 * 2**20  # a file
    max_side_px: int = 8192
    max_pixels: int = 32_000_000
    min_side_px: int = 32
    max_aspect: int = 3  # longer side : shorter side
    max_members: int = 1_000_000  # files in one source
    max_ratio: int = 200  # unpacked : packed bytes of an archive or of one member
    face_cascade: str | None = None  # OpenCV cascade file: crop to the largest face found
    face_margin: float = 0.5  # kept around that face, as a share of its size
    near_duplicates: bool | None = None  # null: search them unless the source is drawn
    min_accepted: int = 16  # fewer usable pictures than this stop the run
    store: str | None = None  # an address that fsspec knows (s3://bucket/folder) for a copy that the stages then read
    engine: Engine = "processes"  # where pictures are decoded; ray: a Ray cluster's cores, instead of `workers`
    workers: int | None = None  # null: one process a core; 0: in this process, which a decoder might then bring down

    def __post_init__(self) -> None:
        """Raise ValueError that names the field and what it may be."""
        _check_choice("faces", "resolution_px", self.resolution_px, RESOLUTIONS)
        _check_choice("faces", "engine", self.engine, get_args(Engine))
        _check_choice("faces", "framing", self.framing, get_args(Framing))
        _check_choice("faces", "near_duplicates", self.near_duplicates, (None, True, False))
        _check_texts("faces", {"background": self.background, "face_cascade": self.face_cascade, "store": self.store})
        if self.store is not None and "://" not in self.store:
            raise ValueError(f"faces.store must be an address such as s3://bucket/folder, got {self.store!r}")
        for name, low, high in (
            ("max_bytes", 1, 2**30),
            ("max_side_px", 1, 65_535),
            ("max_pixels", 1, 178_000_000),  # beyond it Pillow itself speaks of a decompression bomb
            ("min_side_px", 1, 65_535),
            ("max_aspect", 1, 1000),
            ("max_members", 1, 100_000_000),
            ("max_ratio", 1, 1_000_000),
            ("min_accepted", 1, 100_000_000),
        ):
            _check_whole("faces", name, getattr(self, name), low, high)
        if self.workers is not None:
            _check_whole("faces", "workers", self.workers, 0, 1024)
        if not isinstance(self.face_margin, int | float) or not 0 <= self.face_margin <= 4:
            raise ValueError(f"faces.face_margin must lie in 0..4, got {self.face_margin!r}")
        self.background_rgb()

    def background_rgb(self) -> tuple[int, int, int]:
        """The background as red, green, blue in 0..255; ValueError when it is no colour."""
        from PIL import ImageColor

        try:
            return ImageColor.getcolor(self.background, "RGB")  # type: ignore[return-value]
        except (ValueError, TypeError):
            raise ValueError(f"faces.background must be a colour such as #ffffff, got {self.background!r}") from None
