"""The two players of a training, as safetensors files with their configuration and card."""

from pathlib import Path

from anime_gen.datasets.file import FileDataset
from anime_gen.stylegan2 import Discriminator, Generator, load_discriminator, load_generator, save_network


class GeneratorDataset(FileDataset[Generator, Generator]):
    """The averaged generator in evaluation mode; `card` tells of its training."""

    def read(self, path: Path) -> Generator:
        """Checked and ready to make pictures."""
        return load_generator(path)

    def write(self, data: Generator, path: Path) -> None:
        """One file."""
        save_network(data, path, data.card)


class DiscriminatorDataset(FileDataset[Discriminator, Discriminator]):
    """Its opponent, with which training can go on."""

    def read(self, path: Path) -> Discriminator:
        """Checked and ready."""
        return load_discriminator(path)

    def write(self, data: Discriminator, path: Path) -> None:
        """One file."""
        save_network(data, path, data.card)
