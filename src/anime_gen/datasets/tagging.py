"""What reads faces: a sub-model of each group, all of them together, and the answers that people gave."""

from pathlib import Path

from anime_gen.datasets.file import FileDataset
from anime_gen.labels.store import LabelStore
from anime_gen.tagging.classifiers.tagger import Tagger
from anime_gen.tagging.classifiers.trained_group import TrainedGroup


class SubModelDataset(FileDataset[TrainedGroup, TrainedGroup]):
    """The sub-model of one group (safetensors) and its card (JSON beside it); a card alone if labels were too few."""

    def read(self, path: Path) -> TrainedGroup:
        """Sub-model and card."""
        return TrainedGroup.load(path)

    def write(self, data: TrainedGroup, path: Path) -> None:
        """Both files."""
        data.save(path)

    def _exists(self) -> bool:
        return TrainedGroup.is_whole(self._filepath)


class TaggerDataset(FileDataset[Tagger, Tagger]):
    """All sub-models: `filepath` is the manifest that names them, beside their files."""

    def read(self, path: Path) -> Tagger:
        """Ready to tag."""
        return Tagger.load(path.parent)

    def write(self, data: Tagger, path: Path) -> None:
        """The sub-models, then the manifest."""
        data.save(path.parent)

    def _exists(self) -> bool:
        return Tagger.is_whole(self._filepath.parent)


class LabelStoreDataset(FileDataset[LabelStore, LabelStore]):
    """The answers given on the Label page, in one SQLite file that only grows."""

    def read(self, path: Path) -> LabelStore:
        """The store, for reading."""
        if not path.is_file():
            raise FileNotFoundError(f"nobody has answered anything yet: there is no {path}")
        return LabelStore(path)

    def write(self, data: LabelStore, path: Path) -> None:
        """No node returns one."""
        raise NotImplementedError(f"answers enter {path} one by one, on the Label page")
