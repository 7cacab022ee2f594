"""The layers of a finished generator as small ONNX graphs, run by ONNX Runtime.

The graphs are written node by node, without tracing: styles from w, scaled input, ordinary convolution, scaled output,
constant noise. One graph a layer, so that an edit can start at any of them. The serialised graphs can be cached under a
hash of all that they hold; a cached file that fails its checksum is written again.
"""

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anime_gen.images.files import write_atomically
from anime_gen.stylegan2.inference.runtime_frozen import synthesis_blocks
from anime_gen.stylegan2.networks.equalized import ACTIVATION_GAIN, LEAK, EqualizedLinear
from anime_gen.stylegan2.networks.generator import Generator
from anime_gen.stylegan2.networks.modulation import EPSILON, ModulatedConv2d, ToRGB
from anime_gen.threads import threads_for

logger = logging.getLogger(__name__)

EXPORT_VERSION = 1  # part of the cache's key; raise it when a graph changes
_OPSET = 17
_IR_VERSION = 9
_DIGEST_BYTES = 32  # a cached file is the SHA-256 of the graph, then the graph


class _Graph:
    """Collects nodes and constants of one graph."""

    def __init__(self) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy_helper = helper, numpy_helper
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: torch.Tensor | np.ndarray | float | list[int]) -> str:
        if isinstance(value, torch.Tensor):
            value = value.detach().cpu().numpy()
        array = np.asarray(value, dtype=np.int64 if isinstance(value, list) else np.float32)
        name = f"c{len(self.constants)}"
        self.constants.append(self._numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, operation: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name = output or f"v{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(operation, list(inputs), [name], **attributes))
        return name

    def serialise(self, inputs: dict[str, list[int]], shape: list[int]) -> bytes:
        """The graph whose output `y` has this shape."""
        from onnx import TensorProto

        value = self._helper.make_tensor_value_info
        graph = self._helper.make_graph(
            self.nodes,
            "layer",
            [value(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
            [value("y", TensorProto.FLOAT, shape)],
            self.constants,
        )
        opsets = [self._helper.make_opsetid("", _OPSET)]
        model = self._helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)
        data: bytes = model.SerializeToString(deterministic=True)
        return data


def _styles(graph: _Graph, affine: EqualizedLinear) -> str:
    weight = graph.constant((affine.weight * affine.gain).t())
    return graph.add("Gemm", "w", weight, graph.constant(affine.bias * affine.lr_multiplier))  # [1, channels]


def _upsample(graph: _Graph, x: str) -> str:
    factors = graph.constant(np.array([1, 1, 2, 2], dtype=np.float32))
    return graph.add("Resize", x, "", factors, mode="linear", coordinate_transformation_mode="half_pixel")


def convolution_graph(layer: ModulatedConv2d, size: int, upsample: bool, constant: torch.Tensor | None) -> bytes:
    """(x [1, in, size, size] unless `constant` replaces it, w [1, w_dim]) -> y [1, out, r, r]."""
    graph = _Graph()
    weight = layer.weight * layer.weight_gain
    channels_out, channels_in = weight.shape[:2]
    x = "x" if constant is None else graph.constant(constant)
    styles = _styles(graph, layer.affine)
    power = graph.constant(weight.square().sum(dim=(2, 3)).t() / ACTIVATION_GAIN**2)
    squares = graph.add("MatMul", graph.add("Mul", styles, styles), power)
    spread = graph.add("Sqrt", graph.add("Add", squares, graph.constant(EPSILON / ACTIVATION_GAIN**2)))
    scale = graph.add("Reshape", graph.add("Reciprocal", spread), graph.constant([1, channels_out, 1, 1]))
    scaled = graph.add("Mul", x, graph.add("Reshape", styles, graph.constant([1, channels_in, 1, 1])))
    y = graph.add("Conv", scaled, graph.constant(weight), kernel_shape=[3, 3], pads=[1, 1, 1, 1])
    y = graph.add("Add", graph.add("Mul", y, scale), graph.constant((layer.bias * ACTIVATION_GAIN).view(1, -1, 1, 1)))
    if upsample:
        y = _upsample(graph, y)
    if layer.noise_strength is not None:
        noise = layer.noise_constant[None, None] * (layer.noise_strength * ACTIVATION_GAIN)
        y = graph.add("Add", y, graph.constant(noise))
    graph.add("LeakyRelu", y, output="y", alpha=LEAK)
    inputs = {"w": [1, layer.affine.weight.shape[1]]}
    if constant is None:
        inputs["x"] = [1, channels_in, size, size]
    return graph.serialise(inputs, [1, channels_out, *[size * 2 if upsample else size] * 2])


def colours_graph(layer: ToRGB, resolution: int) -> bytes:
    """(x [1, in, r, r], w [1, w_dim], image [1, 3, r / 2, r / 2] above 4x4) -> y [1, 3, r, r]."""
    graph = _Graph()
    channels = layer.weight.shape[1]
    styles = graph.add("Reshape", _styles(graph, layer.affine), graph.constant([1, 1, channels]))
    weight = graph.add("Mul", graph.constant(layer.weight[None] * layer.weight_gain), styles)
    pixels = graph.add("Reshape", "x", graph.constant([1, channels, resolution * resolution]))
    colours = graph.add("Add", graph.add("MatMul", weight, pixels), graph.constant(layer.bias.view(1, 3, 1)))
    inputs = {"w": [1, layer.affine.weight.shape[1]], "x": [1, channels, resolution, resolution]}
    shape = graph.constant([1, 3, resolution, resolution])
    if resolution == 4:
        graph.add("Reshape", colours, shape, output="y")
    else:
        graph.add("Add", graph.add("Reshape", colours, shape), _upsample(graph, "image"), output="y")
        inputs["image"] = [1, 3, resolution // 2, resolution // 2]
    return graph.serialise(inputs, [1, 3, resolution, resolution])


@torch.no_grad()
def export_layers(generator: Generator) -> dict[str, bytes]:
    """Serialised graph of every layer: `convolution-<layer>` and `colours-<block>`, numbered from 0."""
    graphs: dict[str, bytes] = {}
    layer = 0
    for number, block in enumerate(synthesis_blocks(generator)):
        r = block.resolution
        if block.conv0 is not None:
            graphs[f"convolution-{layer}"] = convolution_graph(block.conv0, r // 2, True, None)
            layer += 1
        graphs[f"convolution-{layer}"] = convolution_graph(block.conv1, r, False, block.constant)
        layer += 1
        graphs[f"colours-{number}"] = colours_graph(block.to_rgb, r)
    return graphs


def generator_hash(generator: Generator) -> str:
    """SHA-256 of what the exported graphs depend on."""
    digest = hashlib.sha256(json.dumps([EXPORT_VERSION, _OPSET, generator.config.to_json()], sort_keys=True).encode())
    for name, value in sorted(generator.synthesis.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def cached_layers(generator: Generator, cache_folder: Path | None) -> dict[str, bytes]:
    """`export_layers`, read from the cache if it holds this generator; what is missing or damaged is written again."""
    if cache_folder is None:
        return export_layers(generator)
    folder = cache_folder / generator_hash(generator)[:32]
    names = _names(len(generator.config.resolutions))
    try:
        return {name: _read(folder / f"{name}.onnx") for name in names}
    except (OSError, ValueError) as error:
        logger.debug("Exporting the generator again: %s", error)
    graphs = export_layers(generator)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, graph in graphs.items():
            _write(folder / f"{name}.onnx", graph)
    except OSError as error:
        logger.warning(
            "The exported generator cannot be cached in %s (%s); each start exports it again.", folder, error
        )
    return graphs


def _names(blocks: int) -> list[str]:
    return [f"convolution-{i}" for i in range(2 * blocks - 1)] + [f"colours-{i}" for i in range(blocks)]


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    digest, graph = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if hashlib.sha256(graph).digest() != digest:
        raise ValueError(f"{path} is damaged")
    return graph


def _write(path: Path, graph: bytes) -> None:
    write_atomically(path, lambda file: file.write(hashlib.sha256(graph).digest() + graph))


class OnnxEngine:
    """All layers of a generator in ONNX Runtime; a map is a numpy array."""

    name = "ONNX Runtime"

    def __init__(self, generator: Generator, cache_folder: Path | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads_for(generator.config.image_cost(generator.config.resolution))
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        graphs = cached_layers(generator, cache_folder)
        providers = ["CPUExecutionProvider"]
        self._sessions = {
            name: onnxruntime.InferenceSession(graph, options, providers=providers) for name, graph in graphs.items()
        }

    def _run(self, name: str, inputs: dict[str, Any]) -> np.ndarray:
        given = {key: value for key, value in inputs.items() if value is not None}
        result: np.ndarray = self._sessions[name].run(None, given)[0]
        return result

    def convolve(self, layer: int, x: np.ndarray | None, w: torch.Tensor) -> np.ndarray:
        """Feature map after convolution `layer`; the first one takes no map."""
        return self._run(f"convolution-{layer}", {"x": x, "w": w.numpy()})

    def colours(self, block: int, x: np.ndarray, image: np.ndarray | None, w: torch.Tensor) -> np.ndarray:
        """Image after block number `block`."""
        return self._run(f"colours-{block}", {"x": x, "image": image, "w": w.numpy()})

    def picture(self, image: np.ndarray) -> torch.Tensor:
        """The image as a tensor of its own."""
        return torch.from_numpy(image.copy())
