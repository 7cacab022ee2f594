"""How far a long measurement is, on the terminal."""

from collections.abc import Iterable, Sequence
from typing import Any


def bar(items: Sequence[Any], label: str) -> Iterable[Any]:
    """A `Progress` that shows a bar with the time left; quick work (under a second) shows none."""
    from tqdm import tqdm

    return tqdm(items, desc=label, delay=1.0, mininterval=0.5)
