"""Numbered characters of a generator, painted: the samples that reports are about."""

from collections.abc import Sequence

import numpy as np
import torch

from anime_gen.evaluation.distances.features import to_pictures
from anime_gen.latent.protocols import Progress, silent
from anime_gen.stylegan2 import Generator, draw_characters


def latents(generator: Generator, numbers: Sequence[int], psi: float = 1.0) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Ws [n, num_ws, w_dim] of these characters and the tags [n, k] asked of them; None of an unconditional one."""
    z, tags = draw_characters(generator, numbers)
    with torch.inference_mode():
        ws = generator.mapping(z, psi, tags=tags)
    return ws.clone(), tags


def paint(
    generator: Generator, ws: torch.Tensor, batch: int, progress: Progress = silent, label: str = "painting faces"
) -> np.ndarray:
    """Unfiltered pictures uint8 [n, r, r, 3] of ws [n, num_ws, w_dim]."""
    starts = range(0, len(ws), batch)
    with torch.inference_mode():
        parts = [to_pictures(generator.synthesis(ws[i : i + batch])) for i in progress(starts, label)]
    return np.concatenate(parts)
