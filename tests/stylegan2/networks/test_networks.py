import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from anime_gen.stylegan2.networks.config import NetworkConfig
from anime_gen.stylegan2.networks.discriminator import Discriminator, minibatch_stddev
from anime_gen.stylegan2.networks.equalized import EqualizedConv2d, EqualizedLinear
from anime_gen.stylegan2.networks.generator import Generator
from anime_gen.stylegan2.networks.weights import load_generator, read_card, save_network, write_tensors
from anime_gen.stylegan2.streams import random_z, stream

CONFIG = NetworkConfig(32, channel_base=256, channel_max=16, z_dim=16, w_dim=12, mapping_layers=2)


def make(config: NetworkConfig = CONFIG) -> Generator:
    torch.manual_seed(0)
    return Generator(config).eval()


@pytest.mark.parametrize(
    ("field", "value"),
    [("resolution", 48), ("resolution", 2048), ("channel_base", 8), ("z_dim", 0), ("mapping_layers", 0)],
)
def test_impossible_sizes_name_their_field(field: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"network.{field}"):
        NetworkConfig(**{field: value})


@pytest.mark.parametrize("resolution", [4, 8, 64, 1024])
def test_widths_and_number_of_styles(resolution: int) -> None:
    config = NetworkConfig(resolution, channel_base=4096, channel_max=32)
    assert config.num_ws == 2 * (resolution.bit_length() - 1) - 2
    assert config.channels(resolution) == min(4096 // resolution, 32)


def test_equalised_layers_have_unit_gain() -> None:
    torch.manual_seed(0)
    x = torch.randn(256, 64)
    assert EqualizedLinear(64, 64)(x).var().item() == pytest.approx(1.0, rel=0.1)
    slow = EqualizedLinear(64, 64, lr_multiplier=0.01)
    assert slow(x).var().item() == pytest.approx(1.0, rel=0.1)
    assert slow.weight.var().item() == pytest.approx(1e4, rel=0.1)
    y = EqualizedConv2d(64, 64, 1, activate=True)(x[:, :, None, None])
    assert y.square().mean().item() == pytest.approx(1.0, rel=0.1)


def test_every_style_reaches_the_image_and_only_its_own_layers() -> None:
    generator = make()
    ws = torch.randn(1, generator.num_ws, 12, requires_grad=True)
    (gradient,) = torch.autograd.grad(generator.synthesis(ws).sum(), ws)
    assert (gradient.abs().sum(dim=2) > 0).all()
    (coarse,) = torch.autograd.grad(generator.synthesis(ws, resolution=8).sum(), ws)
    assert (coarse.abs().sum(dim=2) > 0).squeeze(0).tolist() == [True] * 4 + [False] * 4


def test_the_picture_of_a_seed_does_not_depend_on_the_batch() -> None:
    generator = make()
    z = torch.cat([random_z(seed, 16) for seed in range(5)])
    assert torch.equal(z[3:4], random_z(3, 16))
    with torch.no_grad():
        together, alone = generator(z), generator(z[3:4])
    torch.testing.assert_close(together[3:4], alone, rtol=1e-5, atol=1e-5)


def test_streams_depend_on_every_part_of_their_key() -> None:
    keys = [(0, "z", 0), (1, "z", 0), (0, "noise", 0), (0, "z", 1)]
    draws = [torch.rand(4, generator=stream(*key)) for key in keys]
    assert len({tuple(draw.tolist()) for draw in draws}) == 4
    assert torch.equal(draws[0], torch.rand(4, generator=stream(0, "z", 0)))


def test_truncation_pulls_the_first_layers_to_the_mean() -> None:
    generator = make()
    generator.mapping.w_avg.fill_(0.5)
    z = torch.randn(3, 16)
    full, half = generator.mapping(z), generator.mapping(z, psi=0.5, cutoff=4)
    torch.testing.assert_close(half[:, :4], 0.5 + (full[:, :4] - 0.5) * 0.5)
    assert torch.equal(half[:, 4:], full[:, 4:])
    torch.testing.assert_close(generator.mapping(z, psi=0.0), torch.full_like(full, 0.5))


def test_random_noise_differs_and_constant_noise_does_not() -> None:
    generator = make()
    for block in generator.synthesis.blocks:
        block.conv1.noise_strength.data.fill_(1.0)
    ws = generator.mapping(torch.randn(2, 16))
    assert torch.equal(generator.synthesis(ws), generator.synthesis(ws))
    draws = [generator.synthesis(ws, "random", stream(0, "noise", step)) for step in (1, 2)]
    assert not torch.equal(*draws)


def test_noise_ends_where_it_is_told_to() -> None:
    generator = Generator(replace(CONFIG, noise_px=16))
    noisy = [block.resolution for block in generator.synthesis.blocks if block.conv1.noise_strength is not None]
    assert noisy == [4, 8, 16]
    assert Generator(replace(CONFIG, noise_px=0)).synthesis.blocks[0].conv1.noise_strength is None


@pytest.mark.parametrize(("noise", "noisy"), [(True, 4), (False, 0)])
def test_a_file_of_the_time_when_noise_was_everywhere_or_nowhere_opens(tmp_path: Path, noise: bool, noisy: int) -> None:
    generator = Generator(replace(CONFIG, noise_px=1024 if noise else 0))
    shape = {key: value for key, value in CONFIG.to_json().items() if key != "noise_px"} | {"noise": noise}
    tensors = {name: tensor.contiguous() for name, tensor in generator.state_dict().items()}
    write_tensors(tensors, tmp_path / "g.safetensors", {"network": json.dumps(shape), "card": "{}", "schema": "1"})
    opened = load_generator(tmp_path / "g.safetensors")
    assert sum(block.conv1.noise_strength is not None for block in opened.synthesis.blocks) == noisy
    z = torch.randn(2, 16)
    assert torch.equal(opened(z), generator.eval()(z))


@pytest.mark.parametrize("resolution", [8, 16, 32])
def test_a_stage_begins_as_the_upsampled_stage_before_and_ends_as_itself(resolution: int) -> None:
    from anime_gen.stylegan2.networks.resample import downsample2, upsample2

    generator, discriminator = make(), Discriminator(CONFIG)
    ws = generator.mapping(torch.randn(4, 16))
    before = generator.synthesis(ws, resolution=resolution // 2)
    begin = generator.synthesis(ws, resolution=resolution, alpha=0.0)
    torch.testing.assert_close(begin, upsample2(before))
    end = generator.synthesis(ws, resolution=resolution)
    nearly = generator.synthesis(ws, resolution=resolution, alpha=1 - 1e-6)
    torch.testing.assert_close(nearly, end, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(discriminator(end, alpha=0.0), discriminator(downsample2(end)))
    torch.testing.assert_close(discriminator(end, 1 - 1e-6), discriminator(end), rtol=1e-3, atol=1e-4)


def test_minibatch_stddev_of_a_known_batch() -> None:
    x = torch.zeros(4, 2, 4, 4)
    x[2:] = 2.0
    plane = minibatch_stddev(x)[:, 2]
    torch.testing.assert_close(plane, torch.ones_like(plane), rtol=1e-4, atol=1e-4)
    same = minibatch_stddev(torch.ones(4, 2, 4, 4))[:, 2]
    assert same.max() < 1e-3
    assert minibatch_stddev(torch.randn(5, 2, 4, 4)).shape == (5, 3, 4, 4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_lower_precision_gives_nearly_the_same_picture(dtype: torch.dtype) -> None:
    generator = make()
    ws = generator.mapping(torch.randn(2, 16))
    exact, rough = generator.synthesis(ws), generator.synthesis(ws, dtype=dtype)
    assert rough.dtype == torch.float32
    assert (exact - rough).abs().mean() < 0.02 * exact.abs().mean() + 1e-6


def test_a_saved_generator_comes_back_with_its_card(tmp_path: Path) -> None:
    generator = make()
    path = tmp_path / "generator.safetensors"
    save_network(generator, path, {"data": "drawn", "images_seen": 5})
    loaded = load_generator(path)
    z = torch.randn(2, 16)
    assert torch.equal(loaded(z), generator(z))
    assert loaded.config == CONFIG
    assert read_card(path) == {"data": "drawn", "images_seen": 5}
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert [p.name for p in tmp_path.iterdir()] == ["generator.safetensors"]


def test_weights_may_be_read_by_whoever_may_read_other_new_files(tmp_path: Path) -> None:
    for umask, mode in ((0o022, 0o644), (0o007, 0o660)):
        before = os.umask(umask)
        try:
            write_tensors({"a": torch.ones(2)}, tmp_path / f"{umask}.safetensors", {"b": "1", "a": "2"})
            save_network(make(), tmp_path / f"{umask}.network.safetensors", {})
        finally:
            os.umask(before)
        for path in tmp_path.glob(f"{umask}.*"):
            assert path.stat().st_mode & 0o777 == mode, path


def test_damaged_generators_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "generator.safetensors"
    with pytest.raises(FileNotFoundError, match="kedro run"):
        load_generator(path)
    generator = make()
    generator.mapping.w_avg.fill_(torch.nan)
    save_network(generator, path, {})
    with pytest.raises(ValueError, match=r"mapping\.w_avg holds NaN"):
        load_generator(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="damaged"):
        load_generator(path)
