"""`params:train`, checked before any work: a misspelt or impossible setting is an error that names it."""

from pydantic import RootModel

from anime_gen.stylegan2.training.training_config import TrainingConfig


class TrainParameters(RootModel[TrainingConfig]):
    """The group `train:` of train.yml; `root` is what the trainer takes."""
