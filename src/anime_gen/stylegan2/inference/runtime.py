"""Pictures from a finished generator, fast enough for a slider: `open_runtime(generator)`.

Layers run one by one on an engine: ONNX Runtime, whose cost per layer is small (narrow networks), or PyTorch with all
constants folded and Winograd convolutions (wide networks, and whenever ONNX Runtime cannot be used). Each picture is
computed alone, so that a recipe gives the same bytes whatever it is rendered beside. An edit recomputes only from the
first layer whose style changed.
"""

import logging
import threading
from pathlib import Path
from typing import Any, Literal, Protocol

import torch

from anime_gen.stylegan2.inference.allocator import keep_freed_memory
from anime_gen.stylegan2.inference.runtime_frozen import FrozenEngine, frozen_is_fastest
from anime_gen.stylegan2.networks.config import num_ws
from anime_gen.stylegan2.networks.generator import Generator

logger = logging.getLogger(__name__)

EngineName = Literal["auto", "onnx", "pytorch"]


class Engine(Protocol):
    """The layers of one generator; what a map and an image are is the engine's own business."""

    name: str

    def convolve(self, layer: int, x: Any, w: torch.Tensor) -> Any:
        """Feature map after convolution `layer` (None goes in before the first) for w [1, w_dim]."""

    def colours(self, block: int, x: Any, image: Any, w: torch.Tensor) -> Any:
        """Image after block number `block` (None goes in before the first)."""

    def picture(self, image: Any) -> torch.Tensor:
        """An image as float32 [1, 3, r, r]."""


class Runtime:
    """A generator ready to draw."""

    def __init__(self, generator: Generator, engine: Engine) -> None:
        self.generator = generator
        self.engine = engine
        self.config = generator.config
        self._lock = threading.Lock()  # callers of several threads share the last picture's maps
        self._last = EditSession(self)

    @torch.no_grad()
    def map(
        self, z: torch.Tensor, psi: float = 1.0, cutoff: int | None = None, tags: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Latents z [n, z_dim], tags [n, k] -> ws [n, num_ws, w_dim], each row computed alone; psi 1: no truncation."""
        mapping = self.generator.mapping
        rows = [None] * len(z) if tags is None else tags.split(1)
        return torch.cat([mapping(row, psi, cutoff, own) for row, own in zip(z.split(1), rows, strict=True)])

    def synthesise(self, ws: torch.Tensor) -> torch.Tensor:
        """Images [n, 3, r, r] in about [-1, 1] of ws [n, num_ws, w_dim].

        Feature maps of the last picture are kept: one that shares its first layers costs only what differs.
        """
        return self.preview(ws, self.config.resolution)

    def preview(self, ws: torch.Tensor, resolution: int) -> torch.Tensor:
        """Images of a lower resolution [n, 3, resolution, resolution]: the skip generator makes them on the way."""
        self.check(ws)
        with self._lock:
            return torch.cat([self._last.preview(row, resolution) for row in ws.split(1)])

    def edit_session(self, ws: torch.Tensor) -> "EditSession":
        """Draw ws [1, num_ws, w_dim] and keep its feature maps for the edits that follow."""
        session = EditSession(self)
        session.edit(ws)
        return session

    def forget(self) -> None:
        """Drop the feature maps of the last picture."""
        with self._lock:
            self._last = EditSession(self)

    def check(self, ws: torch.Tensor) -> None:
        """Raise a `ValueError` unless ws is [n, num_ws, w_dim]."""
        wanted = (self.config.num_ws, self.config.w_dim)
        if ws.ndim != 3 or tuple(ws.shape[1:]) != wanted or len(ws) == 0:
            raise ValueError(f"ws must be [n, {wanted[0]}, {wanted[1]}] with n >= 1; it is {list(ws.shape)}")


class EditSession:
    """One picture being edited.

    Every map is kept with the w it was made from; a new ws redoes only what comes after its first change.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.picture: torch.Tensor | None = None  # the last one drawn
        self._ws: list[torch.Tensor] = []  # w of each step done, in order
        self._maps: list[Any] = []  # the last feature map after each step done
        self._images: list[Any] = []  # the last image after each step done
        self._plan = _plan(runtime.config.resolutions)

    def edit(self, ws: torch.Tensor, first_layer: int | None = None) -> torch.Tensor:
        """Image [1, 3, r, r] of ws [1, num_ws, w_dim].

        The first changed layer is found by comparison with the last ws; a caller may state it, and then a change below
        it is a `ValueError`.
        """
        if first_layer is not None and self._ws and self._first_change(ws)[0] < first_layer:
            raise ValueError(f"ws differs from the session's below layer {first_layer}; leave first_layer out")
        return self.preview(ws, self.runtime.config.resolution)

    def preview(self, ws: torch.Tensor, resolution: int) -> torch.Tensor:
        """The image at a lower resolution; a later `edit` continues from here."""
        blocks = self.runtime.config.resolutions
        if resolution not in blocks:
            raise ValueError(f"a preview's resolution must be one of {blocks}; it is {resolution}")
        self.runtime.check(ws)
        if ws.shape[0] != 1:
            raise ValueError(f"a session edits one picture, but ws has {ws.shape[0]} rows; open a session for each")
        _, kept = self._first_change(ws)
        del self._ws[kept:], self._maps[kept:], self._images[kept:]
        end = next(i for i, step in enumerate(self._plan) if step[0] == "colours" and blocks[step[1]] == resolution) + 1
        for kind, number, layer in self._plan[kept:end]:
            self._do(kind, number, ws[:, layer])
        self.picture = self.runtime.engine.picture(self._images[end - 1])
        return self.picture

    def _do(self, kind: str, number: int, w: torch.Tensor) -> None:
        engine = self.runtime.engine
        x, image = (self._maps[-1], self._images[-1]) if self._maps else (None, None)
        if kind == "convolution":
            x = engine.convolve(number, x, w)
        else:
            image = engine.colours(number, x, image, w)
        self._ws.append(w.clone())
        self._maps.append(x)
        self._images.append(image)

    def _first_change(self, ws: torch.Tensor) -> tuple[int, int]:
        """(layer, number of steps that stay valid) for a new ws; the layer is num_ws if nothing changed."""
        for index, (done, (_, _, layer)) in enumerate(zip(self._ws, self._plan, strict=False)):
            if not torch.equal(done, ws[:, layer]):
                return layer, index
        return ws.shape[1], len(self._ws)


def _plan(resolutions: list[int]) -> list[tuple[str, int, int]]:
    """Steps (kind, number, layer = index of the w it reads) from 4x4 upwards."""
    steps: list[tuple[str, int, int]] = []
    for block, resolution in enumerate(resolutions):
        last = num_ws(resolution) - 1
        for layer in range(max(0, last - 2), last):
            steps.append(("convolution", layer, layer))
        steps.append(("colours", block, last))
    return steps


def open_runtime(generator: Generator, cache_folder: Path | None = None, engine: EngineName = "auto") -> Runtime:
    """Make a generator ready to draw; its weights must not change afterwards.

    `cache_folder` keeps the exported network between starts, under the hash of its weights. `engine` auto takes the
    faster one for the network's widths; ONNX Runtime gives way to PyTorch, with a logged reason, when it is missing or
    fails.
    """
    keep_freed_memory()
    if next(generator.parameters()).device.type != "cpu":
        raise ValueError("the runtime draws on the CPU; move the generator there first: generator.cpu()")
    if engine == "onnx" or (engine == "auto" and not frozen_is_fastest(generator)):
        from anime_gen.stylegan2.inference.runtime_onnx import (
            OnnxEngine,  # needs onnx and onnxruntime, which are optional here
        )

        try:
            return Runtime(generator, OnnxEngine(generator, cache_folder))
        except Exception as error:
            logger.warning("ONNX Runtime cannot draw this generator (%s); PyTorch does.", error)
    return Runtime(generator, FrozenEngine(generator))
