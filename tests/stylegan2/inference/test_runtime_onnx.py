import pytest
import torch

from anime_gen.stylegan2.inference import runtime_onnx
from anime_gen.stylegan2.inference.runtime import open_runtime
from anime_gen.stylegan2.inference.runtime_onnx import cached_layers, export_layers, generator_hash
from tests.stylegan2.inference.test_runtime import make_generator


@pytest.fixture(scope="module")
def generator():
    return make_generator(16)


def refuse_to_export(generator):
    raise AssertionError("exported again")


def test_the_cache_is_used_and_holds_the_same_graphs(tmp_path, generator, monkeypatch):
    graphs = cached_layers(generator, tmp_path)
    assert graphs == export_layers(generator)
    assert not [path for path in tmp_path.rglob("*") if path.name.startswith(".")]
    monkeypatch.setattr(runtime_onnx, "export_layers", refuse_to_export)
    assert cached_layers(generator, tmp_path) == graphs


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "missing"])
def test_a_damaged_cache_is_written_again(tmp_path, generator, damage):
    graphs = cached_layers(generator, tmp_path)
    path = next(tmp_path.rglob("colours-1.onnx"))
    data = path.read_bytes()
    if damage == "truncate":
        path.write_bytes(data[:-10])
    elif damage == "flip":
        path.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()
    assert cached_layers(generator, tmp_path) == graphs
    assert path.read_bytes() == data


def test_a_cache_that_cannot_be_written_costs_only_the_next_start(tmp_path, generator, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    runtime = open_runtime(generator, cache_folder=blocked, engine="onnx")
    assert runtime.engine.name == "ONNX Runtime"
    assert "cannot be cached" in caplog.text


def test_other_weights_have_another_hash():
    one, two = make_generator(8), make_generator(8)
    assert generator_hash(one) == generator_hash(two)
    two.synthesis.blocks[0].conv1.weight.view(-1)[0] += 1e-6
    assert generator_hash(one) != generator_hash(two)
    two = make_generator(8)
    two.mapping.w_avg += 1  # not part of the exported layers
    assert generator_hash(one) == generator_hash(two)


def test_every_graph_is_valid_onnx(generator):
    import onnx

    for graph in export_layers(generator).values():
        onnx.checker.check_model(onnx.load_from_string(graph), full_check=True)


def test_a_generator_that_fails_in_onnx_runtime_is_drawn_by_pytorch(generator, monkeypatch, caplog):
    monkeypatch.setattr(runtime_onnx, "export_layers", lambda generator: {"convolution-0": b"nonsense"})
    runtime = open_runtime(generator)
    assert runtime.engine.name == "PyTorch"
    assert "cannot draw this generator" in caplog.text
    ws = torch.randn(1, generator.num_ws, 20)
    assert torch.allclose(runtime.synthesise(ws), generator.synthesis(ws), atol=1e-4)
