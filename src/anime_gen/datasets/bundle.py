"""What is published."""

from pathlib import Path

from anime_gen.datasets.file import FileDataset
from anime_gen.serving.bundle import Bundle, BundleParts


class BundleDataset(FileDataset[BundleParts, Bundle]):
    """A folder of networks, card and reports, listed with their sha256; checked whenever it is loaded."""

    def read(self, path: Path) -> Bundle:
        """Verified and open."""
        return Bundle.load(path)

    def write(self, data: BundleParts, path: Path) -> None:
        """The whole folder at once."""
        data.write(path)
