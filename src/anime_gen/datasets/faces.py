"""The faces of a source."""

from pathlib import Path

from anime_gen.datasets.file import FileDataset
from anime_gen.images import FaceStore, open_face_store, save_card


class FaceStoreDataset(FileDataset[FaceStore, FaceStore]):
    """A small JSON file that names the face store; the faces are mapped into memory where they lie, never copied."""

    def read(self, path: Path) -> FaceStore:
        """The store, open."""
        if not path.is_file():
            raise FileNotFoundError("there are no faces yet; run `kedro run --pipelines=ingest` first")
        return open_face_store(path)

    def write(self, data: FaceStore, path: Path) -> None:
        """Name the store."""
        save_card(data, path)
