"""SIGKILL at any moment costs nothing but the time since the last checkpoint."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from anime_gen.stylegan2.training.checkpoint import list_checkpoints, load_checkpoint, save_checkpoint
from anime_gen.stylegan2.training.trainer import train
from tests.stylegan2.conftest import faces, tiny_config
from tests.stylegan2.training.killing import die_before, prove
from tests.stylegan2.training.test_checkpoint import make

CONFIG = tiny_config()


def killed_before(number: int, work: Callable[[], object]) -> int:
    """Run in a forked process that kills itself before the given file operation of a checkpoint (0: never)."""
    process = os.fork()
    if process == 0:
        try:
            if number:
                die_before(number)
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def test_a_kill_at_every_write_of_a_checkpoint_leaves_a_readable_one(tmp_path: Path) -> None:
    """Every single file operation of a save, one after the other."""
    seen = set()
    for number in range(1, 40):
        folder = tmp_path / str(number)
        save_checkpoint(make(8), folder, {}, keep=2)
        newer = make(16)
        status = killed_before(number, lambda newer=newer, folder=folder: save_checkpoint(newer, folder, {}, keep=2))
        state = make()
        assert load_checkpoint(folder, state) is not None
        seen.add(state.images)
        save_checkpoint(newer, folder, {}, keep=2)
        assert load_checkpoint(folder, state) is not None
        assert state.images == 16
        assert not list(folder.glob(".writing-*"))
        if status == 0:
            break
    assert number > 12, "the writing was not interrupted often enough to prove anything"
    assert seen == {8, 16}


def test_killed_runs_end_with_the_bytes_of_an_uninterrupted_one(tmp_path: Path) -> None:
    killed_before(0, lambda: train(CONFIG, faces(), tmp_path / "whole"))
    expected = (list_checkpoints(tmp_path / "whole" / CONFIG.fingerprint())[0] / "state.safetensors").read_bytes()
    folder = tmp_path / "killed"
    for number in (9, 21, 30, 17, 44):
        assert killed_before(number, lambda: train(CONFIG, faces(), folder)) in (-signal.SIGKILL, 0)
    killed_before(0, lambda: train(CONFIG, faces(), folder))
    result = (list_checkpoints(folder / CONFIG.fingerprint())[0] / "state.safetensors").read_bytes()
    assert result == expected


@pytest.mark.slow
def test_fifty_kills() -> None:
    assert prove(kills=50, resolution=32) == 50
