"""Folders in which a stage keeps what lets it go on: decoded faces, checkpoints, tagged parts."""

from pathlib import Path

from anime_gen.datasets.file import FileDataset


class FolderDataset(FileDataset[Path, Path]):
    """Loads as the folder's absolute path, made if need be; what lies in it is the stage's own affair."""

    def read(self, path: Path) -> Path:
        """The folder."""
        path.mkdir(parents=True, exist_ok=True)
        return path.resolve()

    def write(self, data: Path, path: Path) -> None:
        """No node returns one."""
        raise NotImplementedError(f"{path} is written by the stage that it belongs to, not as a whole")
