"""Counter-based random streams: every draw is a pure function of (seed, purpose, step).

Nothing hidden has to be saved with a checkpoint, and any step of a run can be replayed alone.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def stream_key(seed: int, purpose: str, step: int) -> int:
    """63-bit key of one stream, the same on every machine."""
    digest = hashlib.blake2b(f"{seed}/{purpose}/{step}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def stream(seed: int, purpose: str, step: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A fresh torch generator for one purpose at one step."""
    return torch.Generator(device=device).manual_seed(stream_key(seed, purpose, step))


@contextmanager
def seeded_weights(seed: int) -> Iterator[None]:
    """Networks made inside draw their weights from this seed; the process's own stream goes on as if none were made.

    Constructors of torch draw from the global stream and take no other.
    """
    with torch.random.fork_rng(devices=[]):
        torch.random.default_generator.manual_seed(seed)
        yield


def random_z(seed: int, z_dim: int) -> torch.Tensor:
    """Latent of the picture number `seed`: float32 [1, z_dim], the same alone, in a batch and on any thread count."""
    bits = np.random.Philox(key=seed % 2**128)
    values = np.random.Generator(bits).standard_normal(z_dim, dtype=np.float32)
    return torch.from_numpy(values).unsqueeze(0)
