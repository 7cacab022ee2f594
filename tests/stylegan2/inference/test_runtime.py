import builtins
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from anime_gen.stylegan2 import Generator, NetworkConfig, random_z
from anime_gen.stylegan2.inference.runtime import open_runtime
from anime_gen.stylegan2.inference.runtime_frozen import FrozenEngine

ENGINES = ["onnx", "pytorch"]
NAMES = {"onnx": "ONNX Runtime", "pytorch": "PyTorch"}


def make_generator(resolution=32, channel_base=256, channel_max=16, noise=True):
    """A small generator whose every parameter, and w_avg, has an effect."""
    torch.manual_seed(resolution)
    sizes = {"z_dim": 24, "w_dim": 20, "mapping_layers": 2, "noise_px": 1024 if noise else 0}
    config = NetworkConfig(resolution, channel_base, channel_max, **sizes)
    generator = Generator(config).eval().requires_grad_(False)
    for name, parameter in generator.named_parameters():
        if name.endswith("bias"):
            parameter.add_(torch.randn_like(parameter) * 0.3)
        if name.endswith("noise_strength"):
            parameter.fill_(0.2)
    generator.mapping.w_avg.normal_()
    return generator


def quantised(image):
    return ((image + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


@pytest.fixture(scope="module")
def generator():
    return make_generator()


@pytest.fixture(scope="module", params=ENGINES)
def runtime(request, generator):
    opened = open_runtime(generator, engine=request.param)
    assert opened.engine.name == NAMES[request.param]
    return opened


@pytest.fixture(scope="module")
def ws(generator):
    return generator.mapping(torch.cat([random_z(seed, 24) for seed in range(3)]))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("resolution", "base", "widest", "noise"), [(4, 64, 16, True), (16, 256, 32, False), (64, 1024, 24, True)]
)
@pytest.mark.parametrize(("psi", "cutoff"), [(1.0, None), (0.5, None), (0.7, 1)])
def test_equals_the_generator(engine, resolution, base, widest, noise, psi, cutoff):
    generator = make_generator(resolution, base, widest, noise)
    runtime = open_runtime(generator, engine=engine)
    z = torch.cat([random_z(seed, 24) for seed in range(2)])
    ws = runtime.map(z, psi, cutoff)
    assert torch.allclose(ws, generator.mapping(z, psi, cutoff), atol=1e-5)
    expected = generator.synthesis(ws)
    assert (runtime.synthesise(ws) - expected).abs().max() < 1e-4 * max(1.0, expected.abs().max())


def test_a_wide_network_takes_the_winograd_form_and_still_equals_the_generator():
    generator = make_generator(32, 8192, 256)
    runtime = open_runtime(generator)
    assert isinstance(runtime.engine, FrozenEngine)
    kernels = [convolution.kernels is not None for convolution in runtime.engine.convolutions]
    assert kernels == [False] * 6 + [True]
    ws = generator.mapping(random_z(0, 24))
    expected = generator.synthesis(ws)
    assert (runtime.synthesise(ws) - expected).abs().max() < 1e-4 * expected.abs().max()


def test_alone_and_in_a_batch_the_bytes_are_the_same(runtime, ws):
    together = runtime.synthesise(ws)
    for row, image in zip(ws.split(1), together.split(1), strict=True):
        assert torch.equal(runtime.synthesise(row), image)
    z = torch.cat([random_z(seed, 24) for seed in range(3)])
    assert torch.equal(runtime.map(z)[1:2], runtime.map(z[1:2]))


@pytest.mark.parametrize("engine", ENGINES)
def test_one_and_two_threads_give_the_same_picture(engine):
    generator = make_generator(64, 2048, 64)
    ws = generator.mapping(torch.cat([random_z(seed, 24) for seed in range(2)]))
    before = torch.get_num_threads()
    pictures = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            pictures.append(quantised(open_runtime(generator, engine=engine).synthesise(ws) / 10))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*pictures)


def from_nothing(runtime, ws):
    runtime.forget()
    return runtime.synthesise(ws)


def test_an_edit_equals_the_full_pass_for_every_first_layer(runtime, generator, ws):
    row = ws[:1]
    for first in range(generator.num_ws):
        session = runtime.edit_session(row)
        assert torch.equal(session.picture, from_nothing(runtime, row))
        for strength in (0.5, -1.0):
            moved = row.clone()
            moved[:, first:] += strength
            assert torch.equal(session.edit(moved, first), from_nothing(runtime, moved))
        only_one = row.clone()
        only_one[:, first] *= 2
        assert torch.equal(session.edit(only_one), from_nothing(runtime, only_one))


def test_an_edit_recomputes_only_what_changed(generator, ws, monkeypatch):
    runtime = open_runtime(generator, engine="pytorch")
    session = runtime.edit_session(ws[:1])
    convolved, coloured = [], []
    monkeypatch.setattr(
        runtime.engine,
        "convolve",
        lambda layer, *a: convolved.append(layer) or FrozenEngine.convolve(runtime.engine, layer, *a),
    )
    monkeypatch.setattr(
        runtime.engine,
        "colours",
        lambda block, *a: coloured.append(block) or FrozenEngine.colours(runtime.engine, block, *a),
    )
    moved = ws[:1].clone()
    moved[:, -1] += 1  # the last colours only
    session.edit(moved)
    assert (convolved, coloured) == ([], [3])
    moved = moved.clone()
    moved[:, -2] += 1  # the last convolution
    session.edit(moved)
    assert (convolved, coloured) == ([6], [3, 3])
    session.edit(moved)
    assert (convolved, coloured) == ([6], [3, 3])


def test_a_preview_is_the_skip_image_and_the_edit_goes_on_from_it(runtime, generator, ws):
    row = ws[:1]
    preview = runtime.preview(row, 8)
    assert torch.allclose(preview, generator.synthesis(row, resolution=8), atol=1e-4)
    session = runtime.edit_session(ws[1:2])
    assert torch.equal(session.preview(row, 8), preview)
    assert torch.equal(session.edit(row), from_nothing(runtime, row))


def test_the_last_picture_is_used_again(runtime, generator, ws):
    for first in range(generator.num_ws):
        moved = ws[:1].clone()
        moved[:, first:] += 0.5
        runtime.synthesise(ws[:1])
        again = runtime.synthesise(moved)
        assert torch.equal(again, from_nothing(runtime, moved))


def test_pictures_drawn_in_inference_mode_can_be_followed_by_others(runtime, ws):
    runtime.forget()
    with torch.inference_mode():
        inside = runtime.synthesise(ws)
    moved = ws.clone()
    moved[:, -2:] += 1
    outside = runtime.synthesise(torch.cat([ws, moved]))
    assert torch.equal(inside, outside[:3])


def test_threads_may_share_a_runtime(runtime, ws):
    expected = [from_nothing(runtime, row) for row in ws.split(1)]
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(runtime.synthesise, [ws[i % 3 : i % 3 + 1] for i in range(24)]))
    assert all(torch.equal(image, expected[i % 3]) for i, image in enumerate(drawn))


def test_what_is_returned_does_not_change_later(runtime, ws):
    session = runtime.edit_session(ws[:1])
    picture = session.picture
    copy = picture.clone()
    picture_again = session.edit(ws[1:2])
    picture_again.zero_()
    assert torch.equal(picture, copy)
    assert torch.equal(session.edit(ws[1:2]), runtime.synthesise(ws[1:2]))


def test_wrong_input_is_named(runtime, ws):
    with pytest.raises(ValueError, match=r"ws must be \[n, 8, 20\]"):
        runtime.synthesise(ws[:, :3])
    with pytest.raises(ValueError, match="open a session for each"):
        runtime.edit_session(ws)
    with pytest.raises(ValueError, match=r"must be one of \[4, 8, 16, 32\]; it is 64"):
        runtime.preview(ws, 64)
    with pytest.raises(ValueError, match="below layer 5"):
        runtime.edit_session(ws[:1]).edit(ws[1:2], 5)


def test_without_onnxruntime_pytorch_draws_and_says_why(monkeypatch, generator, ws, caplog):
    real_import = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("onnxruntime"):
            raise ImportError("No module named 'onnxruntime'")
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with caplog.at_level(logging.WARNING):
        runtime = open_runtime(generator)
    assert runtime.engine.name == "PyTorch"
    assert "No module named 'onnxruntime'" in caplog.text
    assert torch.allclose(runtime.synthesise(ws), generator.synthesis(ws), atol=1e-4)


def test_the_narrow_network_is_drawn_by_onnx_runtime(generator):
    assert open_runtime(generator).engine.name == "ONNX Runtime"
