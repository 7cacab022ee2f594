"""What moves a face, and what judges it."""

from pathlib import Path

from anime_gen.datasets.file import FileDataset
from anime_gen.evaluation.measurer import Measurer
from anime_gen.latent import Directions


class DirectionsDataset(FileDataset[Directions, Directions]):
    """A direction for each attribute, in one safetensors file."""

    def read(self, path: Path) -> Directions:
        """Ready to move."""
        return Directions.load(path)

    def write(self, data: Directions, path: Path) -> None:
        """One file."""
        data.save(path)


class MeasurerDataset(FileDataset[Measurer, Measurer]):
    """The network that only reports use, in one safetensors file."""

    def read(self, path: Path) -> Measurer:
        """Ready to measure."""
        return Measurer.load(path)

    def write(self, data: Measurer, path: Path) -> None:
        """One file."""
        data.save(path)
