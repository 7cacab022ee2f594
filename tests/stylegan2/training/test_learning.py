"""The shortest proof that training learns: a 16-px network fits 32 pictures."""

from pathlib import Path

import numpy as np
import torch

from anime_gen.stylegan2.monitoring.grid import sample
from anime_gen.stylegan2.monitoring.monitor import Monitor
from anime_gen.stylegan2.training.reals import Reals
from anime_gen.stylegan2.training.trainer import Trainer
from anime_gen.stylegan2.training.training_config import GrowthConfig, LossConfig, OptimConfig, StageConfig
from tests.stylegan2.conftest import faces, tiny_config


def test_a_small_network_fits_thirty_two_pictures(tmp_path: Path) -> None:
    base = tiny_config()
    config = tiny_config(
        network=type(base.network)(16, channel_base=256, channel_max=16, z_dim=16, w_dim=16, mapping_layers=2),
        growth=GrowthConfig(stages=(StageConfig(8, 0, 2400, 16, 0.004), StageConfig(16, 800, 4000, 16, 0.004))),
        optim=OptimConfig(ema_halflife_images=300),
        loss=LossConfig(r1_gamma=0.05),
        run=type(base.run)(device="cpu", checkpoint_images=10**6, grid_images=10**6),
    )
    trainer = Trainer(config, faces(32), np.arange(32), tmp_path)
    real = Reals(faces(32), np.arange(32), 16, 0, torch.device("cpu")).pictures(np.arange(32))
    untrained = Monitor(real).measure(sample(trainer.state.average, range(64), 16))
    trainer.run()
    trained = Monitor(real).measure(sample(trainer.state.average, range(64), 16))
    assert trained["quality/kernel_distance"] < 0.02 * untrained["quality/kernel_distance"]
    nearest = nearest_training_picture(sample(trainer.state.average, range(64), 16), real)
    fresh = Reals(faces(64, seed=1), np.arange(64), 16, 0, torch.device("cpu")).pictures(np.arange(64))
    assert nearest < nearest_training_picture(fresh, real), "new pictures of the same kind are closer than these"


def nearest_training_picture(pictures: torch.Tensor, real: torch.Tensor) -> float:
    """Median distance to the nearest training picture."""
    return float(torch.cdist(pictures.flatten(1), real.flatten(1)).min(dim=1).values.median())
