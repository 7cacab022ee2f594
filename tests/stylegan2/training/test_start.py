import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from anime_gen.stylegan2.networks.weights import load_generator, read_card
from anime_gen.stylegan2.training.checkpoint import list_checkpoints
from anime_gen.stylegan2.training.trainer import train
from anime_gen.stylegan2.training.training_config import GrowthConfig, StageConfig, TrainingConfig
from tests.stylegan2.conftest import faces, tiny_config

CONFIG = tiny_config()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    torch.set_num_threads(1)
    return train(CONFIG, faces(), tmp_path_factory.mktemp("first")).run_folder


def going_on(start: Path, images: int = 32) -> TrainingConfig:
    growth = GrowthConfig(enabled=False, stages=(StageConfig(16, batch=8),), full_size_images=images)
    return replace(CONFIG, start_from=str(start), growth=growth)


def test_a_run_goes_on_from_finished_weights_on_other_faces(finished: Path, tmp_path: Path) -> None:
    result = train(going_on(finished), faces(seed=7), tmp_path)
    first = list_checkpoints(result.run_folder)[-1]
    assert first.name.endswith("000000")
    taken, given = (load_generator(folder / "generator.safetensors").state_dict() for folder in (first, finished))
    assert all(torch.equal(taken[name], given[name]) for name in given)
    card = read_card(result.generator_path)
    assert (card["images_seen"], card["started_from"]["images_seen"]) == (32, 192)


def test_the_discriminator_comes_along(finished: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in finished.glob("*.safetensors"):
        shutil.copy(path, copy)
    tensors = load_file(copy / "discriminator.safetensors")
    save_file(
        {name: tensor.flip(0) for name, tensor in tensors.items()},
        copy / "discriminator.safetensors",
        safe_open(copy / "discriminator.safetensors", "pt").metadata(),
    )
    ends = [train(going_on(start), faces(), tmp_path / start.name).generator_path for start in (finished, copy)]
    assert load_file(ends[0]).keys() == load_file(ends[1]).keys()
    assert any(not torch.equal(tensor, load_file(ends[1])[name]) for name, tensor in load_file(ends[0]).items())


def test_a_continued_run_remembers_where_it_started(finished: Path, tmp_path: Path) -> None:
    train(going_on(finished, images=32), faces(), tmp_path)
    longer = train(going_on(finished, images=64), faces(), tmp_path)
    card = read_card(longer.generator_path)
    assert (card["images_seen"], card["started_from"]["images_seen"]) == (64, 192)


def test_weights_of_another_shape_are_refused_by_name(finished: Path, tmp_path: Path) -> None:
    config = going_on(finished)
    with pytest.raises(ValueError, match=r"set network\.w_dim: 8, network\.channel_base and channel_max: at least"):
        train(replace(config, network=replace(config.network, channel_max=4, w_dim=4)), faces(), tmp_path)


def test_a_run_may_not_begin_above_the_resolution_of_its_start(finished: Path, tmp_path: Path) -> None:
    stages = (StageConfig(32, batch=8),)
    config = replace(
        going_on(finished),
        network=replace(CONFIG.network, resolution=32),
        growth=GrowthConfig(enabled=False, stages=stages, full_size_images=16),
    )
    with pytest.raises(ValueError, match=r"growth\.enabled: true, with a first stage of 16 px"):
        train(config, faces(resolution=32), tmp_path)


def test_finished_weights_are_widened_and_grown_without_changing_what_they_draw(finished: Path, tmp_path: Path) -> None:
    stages = (StageConfig(16, stable_images=16, batch=8), StageConfig(32, 16, 16, 8))
    wider = replace(CONFIG.network, resolution=32, channel_base=2 * CONFIG.network.channel_base, channel_max=12)
    growth, run = GrowthConfig(enabled=True, stages=stages), replace(CONFIG.run, keep_checkpoints=9)
    config = replace(going_on(finished), network=wider, growth=growth, run=run)
    result = train(config, faces(resolution=32), tmp_path)
    first = load_generator(list_checkpoints(result.run_folder)[-1] / "generator.safetensors")
    old = load_generator(finished / "generator.safetensors")
    z = torch.randn(3, CONFIG.network.z_dim)
    wide = first.synthesis(first.mapping(z), resolution=16)
    torch.testing.assert_close(wide, old(z), atol=1e-4, rtol=1e-4)
    assert load_generator(result.generator_path).config.resolution == 32


def test_a_smaller_run_takes_the_lower_blocks(finished: Path, tmp_path: Path) -> None:
    stages = (StageConfig(8, batch=8),)
    growth = GrowthConfig(enabled=False, stages=stages, full_size_images=8)
    config = replace(going_on(finished), network=replace(CONFIG.network, resolution=8), growth=growth)
    result = train(config, faces(), tmp_path)
    small = load_generator(list_checkpoints(result.run_folder)[-1] / "generator.safetensors")
    whole = load_generator(finished / "generator.safetensors")
    z = torch.randn(3, CONFIG.network.z_dim)
    torch.testing.assert_close(small(z), whole.synthesis(whole.mapping(z), resolution=8))


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"start_from: there is no generator\.safetensors in .*nowhere"):
        train(going_on(tmp_path / "nowhere"), faces(), tmp_path)


def test_a_run_may_go_on_without_noise(finished: Path, tmp_path: Path) -> None:
    quiet = replace(going_on(finished), network=replace(CONFIG.network, noise_px=4))
    result = train(quiet, faces(), tmp_path)
    begun = load_generator(list_checkpoints(result.run_folder)[-1] / "generator.safetensors")
    assert [block.conv1.noise_strength is not None for block in begun.synthesis.blocks] == [True, False, False]
