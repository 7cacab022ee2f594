"""Many faces over processes, in order, in bounded memory."""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor

import numpy as np
from numpy.typing import NDArray

from anime_gen.drawing.character import Character
from anime_gen.drawing.scene import render

CHUNK = 64  # faces a task; a task's answer is at most CHUNK pictures in memory


def _render_chunk(characters: Sequence[Character], size_px: int) -> NDArray[np.uint8]:
    return np.stack([render(character, size_px) for character in characters])


def render_many(
    characters: Sequence[Character], size_px: int, workers: int | None = None
) -> Iterator[NDArray[np.uint8]]:
    """Pictures uint8 [size_px, size_px, 3] in the order of the characters.

    `workers` None takes one process a core; 0 or 1 draws in this process. The bytes do not depend on it.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = cores if workers is None else workers
    if processes <= 1 or len(characters) <= CHUNK:
        for character in characters:
            yield render(character, size_px)
        return
    chunks = [characters[first : first + CHUNK] for first in range(0, len(characters), CHUNK)]
    # spawn, not fork: the caller may have threads (torch, a progress bar) that a fork would freeze
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        waiting: deque[Future[NDArray[np.uint8]]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(_render_chunk, chunk, size_px))
            if len(waiting) > 2 * processes:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
