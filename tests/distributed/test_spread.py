import os
from collections.abc import Iterator
from typing import get_args

import numpy as np
import pytest

from anime_gen.distributed import Engine, spread
from anime_gen.distributed.launch import WorkerLostError
from anime_gen.distributed.ray_cluster import connected


@pytest.fixture(autouse=True, scope="module")
def cluster() -> Iterator[None]:
    with connected():
        yield


def squares(numbers: np.ndarray) -> tuple[int, np.ndarray]:
    if (numbers < 0).any():
        raise ValueError("no negative numbers")
    return len(numbers), numbers.astype(np.float32) ** 2


@pytest.mark.parametrize("engine", get_args(Engine))
def test_results_come_in_order_and_an_error_is_the_one_that_was_raised(engine: Engine) -> None:
    parts = [np.arange(count) for count in (7, 0, 3)]
    for part, (count, result) in zip(parts, spread(squares, parts, engine), strict=True):
        assert (count, result.dtype) == (len(part), np.float32)
        assert (result == part**2).all()
    with pytest.raises(ValueError, match=r"^no negative numbers$"):
        list(spread(squares, [np.array([-1])], engine))
    assert list(spread(squares, [], engine)) == []


def vanish(part: int) -> int:
    if part:
        os._exit(1)
    return part


def test_a_part_that_always_brings_its_process_down_ends_the_work() -> None:
    with pytest.raises(WorkerLostError, match="a process of the Ray cluster ended"):
        list(spread(vanish, [0, 1], "ray"))
