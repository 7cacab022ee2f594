import torch

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.training.training_config import GrowthConfig, StageConfig, TrainingConfig
from anime_gen.threads import LARGE, threads, threads_for


def test_small_work_takes_one_thread_and_large_work_what_torch_takes() -> None:
    with threads(3):
        assert (threads_for(LARGE - 1), threads_for(LARGE)) == (1, 3)
        with threads(1):
            assert threads_for(LARGE) == 1
        assert torch.get_num_threads() == 3


def test_everyday_training_is_small_and_training_for_a_gpus_size_is_large() -> None:
    def cost(resolution: int, base: int, widest: int) -> int:
        growth = GrowthConfig(enabled=False, stages=(StageConfig(resolution, batch=16),))
        return TrainingConfig(network=NetworkConfig(resolution, base, widest), growth=growth).pass_cost()

    assert cost(32, 2048, 64) < LARGE < cost(256, 16384, 512)


def test_the_cost_of_a_picture_is_that_of_its_convolutions() -> None:
    config = NetworkConfig(8, channel_base=64, channel_max=16)
    assert config.image_cost(8) == 2 * 9 * (16 * 16 * 4 * 4 + 8 * 8 * 8 * 8)
    assert config.image_cost(4) == 2 * 9 * 16 * 16 * 4 * 4
