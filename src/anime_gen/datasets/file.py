"""What our datasets share: one file or folder, and None for what an earlier run may have left."""

from abc import abstractmethod
from pathlib import Path
from typing import Any, Generic, TypeVar

from kedro.io import AbstractDataset

Saved = TypeVar("Saved")
Loaded = TypeVar("Loaded")


class FileDataset(AbstractDataset[Saved, Loaded | None], Generic[Saved, Loaded]):
    """A file or folder at `filepath`; a subclass says how it is read and written."""

    def __init__(self, *, filepath: str, optional: bool = False, metadata: dict[str, Any] | None = None) -> None:
        """Of an `optional` one nothing, or what cannot be read, loads as None: what it holds can be made again."""
        self._filepath = Path(filepath)
        self._optional = optional
        self.metadata = metadata

    def load(self) -> Loaded | None:
        """The object, read anew."""
        if not self._optional:
            return self.read(self._filepath)
        try:
            return self.read(self._filepath)
        except (OSError, ValueError):
            return None

    def save(self, data: Saved) -> None:
        """Write it in place of what is there."""
        self.write(data, self._filepath)

    @abstractmethod
    def read(self, path: Path) -> Loaded:
        """The object in the file; FileNotFoundError or ValueError says what to do."""

    @abstractmethod
    def write(self, data: Saved, path: Path) -> None:
        """The object into the file."""

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
