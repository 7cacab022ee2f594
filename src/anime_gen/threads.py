"""How many threads torch computes with: the one policy of trainer, sub-models, page, library and served model.

The threads of one operation wait for each other at its end, some of them spinning. Where another program holds a core,
all go at the pace of the thread that has none: training at 32 px gave 18 pictures for each second of computing on two
threads that shared a core, and 67 on one thread. So one thread where the work between two such waits is small, which
needs the second one least, and torch's own number where it is large. Whoever wants a busy machine used up for small
work starts more processes, as drawing and ingest do.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

LARGE = 10e9  # multiply-adds of one pass, about a tenth of a second of one core, from which more threads are worth it


def threads_for(products: float) -> int:
    """Threads for passes of so many multiply-adds: 1, or what torch takes (OMP_NUM_THREADS, else one a core)."""
    return torch.get_num_threads() if products >= LARGE else 1


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute inside with this many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
