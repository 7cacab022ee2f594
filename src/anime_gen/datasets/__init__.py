"""Kedro datasets: what the stages hand on, as the objects that their nodes take and return."""

from anime_gen.datasets.bundle import BundleDataset
from anime_gen.datasets.faces import FaceStoreDataset
from anime_gen.datasets.folder import FolderDataset
from anime_gen.datasets.measuring import DirectionsDataset, MeasurerDataset
from anime_gen.datasets.networks import DiscriminatorDataset, GeneratorDataset
from anime_gen.datasets.sheet import SheetDataset
from anime_gen.datasets.tagging import LabelStoreDataset, SubModelDataset, TaggerDataset

__all__ = [
    "BundleDataset",
    "DirectionsDataset",
    "DiscriminatorDataset",
    "FaceStoreDataset",
    "FolderDataset",
    "GeneratorDataset",
    "LabelStoreDataset",
    "MeasurerDataset",
    "SheetDataset",
    "SubModelDataset",
    "TaggerDataset",
]
