import errno
import json
import logging
import resource
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from anime_gen.stylegan2.networks.weights import load_generator, read_card
from anime_gen.stylegan2.training import checkpoint, run_folder
from anime_gen.stylegan2.training.checkpoint import (
    DamagedCheckpointError,
    best_checkpoint,
    list_checkpoints,
    load_checkpoint,
    save_checkpoint,
)
from anime_gen.stylegan2.training.run_folder import FolderInUseError, check_disk, check_run, lock_folder
from anime_gen.stylegan2.training.state import TrainingState, new_state
from tests.stylegan2.conftest import tiny_config

CPU = torch.device("cpu")


def make(images: int = 0, seed: int = 0) -> TrainingState:
    state = new_state(tiny_config(seed=seed), CPU)
    state.images = images
    return state


def test_everything_comes_back(tmp_path: Path) -> None:
    state = make(64)
    state.generator_adam.square.uniform_()
    state.running["augment_p"].fill_(0.25)
    state.history.append({"images": 64.0})
    save_checkpoint(state, tmp_path, {"seed": 0}, keep=3)
    other = make(seed=9)
    assert load_checkpoint(tmp_path, other) == {"seed": 0}
    for name, tensor in state.tensors().items():
        assert torch.equal(tensor, other.tensors()[name]), name
    assert other.counters() == state.counters()
    assert torch.equal(other.average.synthesis.blocks[0].constant, state.average.synthesis.blocks[0].constant)


def test_a_checkpoint_holds_a_generator_of_its_own(tmp_path: Path) -> None:
    path = save_checkpoint(make(64), tmp_path, {"seed": 3}, keep=3)
    generator = load_generator(path / "generator.safetensors")
    assert generator(torch.zeros(1, 8)).shape == (1, 3, 16, 16)
    assert read_card(path / "generator.safetensors") == {"seed": 3}
    assert (tmp_path / "LATEST").read_text().strip() == path.name


def test_the_newest_and_the_best_are_kept(tmp_path: Path) -> None:
    for images in (8, 16, 24, 32, 40):
        save_checkpoint(make(images), tmp_path, {}, keep=2, best=images == 16)
    assert [int(path.name[-2:]) for path in list_checkpoints(tmp_path)] == [40, 32, 16]
    best = best_checkpoint(tmp_path)
    assert best is not None
    assert best.name.endswith("16")


@pytest.mark.parametrize("name", ["state.safetensors", "state.json", "generator.safetensors", "manifest.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_checkpoint_is_passed_over(
    tmp_path: Path, name: str, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    save_checkpoint(make(8, seed=1), tmp_path, {"which": "old"}, keep=3)
    newest = save_checkpoint(make(16), tmp_path, {"which": "new"}, keep=3) / name
    content = bytearray(newest.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
        newest.write_bytes(content)
    elif damage == "cut":
        newest.write_bytes(content[: len(content) // 2])
    else:
        newest.unlink()
    state = make()
    with caplog.at_level(logging.WARNING):
        assert load_checkpoint(tmp_path, state) == {"which": "old"}
    assert state.images == 8
    assert "falling back" in caplog.text


def test_nothing_readable_is_an_error_and_nothing_there_is_not(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path, make()) is None
    (save_checkpoint(make(8), tmp_path, {}, keep=3) / "state.json").unlink()
    with pytest.raises(DamagedCheckpointError, match="start anew"):
        load_checkpoint(tmp_path, make())


@pytest.mark.parametrize("function", ["write_tensors", "save_network", "sync", "file_sha256"])
def test_a_full_disk_leaves_the_old_checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    save_checkpoint(make(8), tmp_path, {}, keep=3)
    save_checkpoint(make(16), tmp_path, {}, keep=3)

    def full(*arguments: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint, function, full)
        with pytest.raises(OSError, match="No space"):
            save_checkpoint(make(24), tmp_path, {}, keep=3)
    state = make()
    assert load_checkpoint(tmp_path, state) is not None
    assert state.images == 16
    assert not list(tmp_path.glob(".writing-*"))


def test_a_disk_that_has_room_after_pruning_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for images in (8, 16, 24):
        save_checkpoint(make(images), tmp_path, {}, keep=3)
    write, calls = checkpoint.write_tensors, []

    def full_once(*arguments: object, **named: object) -> None:
        calls.append(len(list_checkpoints(tmp_path)))
        if len(calls) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(*arguments, **named)

    monkeypatch.setattr(checkpoint, "write_tensors", full_once)
    save_checkpoint(make(32), tmp_path, {}, keep=3)
    assert calls == [3, 1]
    assert list_checkpoints(tmp_path)[0].name.endswith("32")


def test_a_write_that_the_system_refuses_is_an_os_error_with_advice(tmp_path: Path) -> None:
    """The kernel itself breaks the file off, as a full disk does: the library's own error must not get through."""
    save_checkpoint(make(8), tmp_path, {}, keep=3)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(OSError, match=r"state\.safetensors could not be written: .*same command continues"):
            save_checkpoint(make(16), tmp_path, {}, keep=3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.name[-2:] for path in list_checkpoints(tmp_path)] == ["08"]


def test_a_continued_run_needs_room_only_for_what_it_adds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = make()
    room = 2 * run_folder.checkpoint_bytes(state)
    monkeypatch.setattr(run_folder.shutil, "disk_usage", lambda path: type("Usage", (), {"free": room}))
    with pytest.raises(OSError, match="keep_checkpoints"):
        check_disk(tmp_path, state, keep=3)
    for images in (8, 16, 24):
        save_checkpoint(make(images), tmp_path, {}, keep=3)
    check_disk(tmp_path, state, keep=3)


def test_too_small_a_disk_is_refused_before_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = make()
    assert run_folder.checkpoint_bytes(state) > 4 * state.generator_adam.values.numel()
    check_disk(tmp_path, state, keep=3)
    monkeypatch.setattr(run_folder.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(OSError, match="keep_checkpoints"):
        check_disk(tmp_path, state, keep=3)


def test_changed_pictures_are_refused_unless_accepted(tmp_path: Path) -> None:
    check_run(tmp_path, {"seed": 0}, "a" * 64, accept_changed_data=False, finished=False)
    check_run(tmp_path, {"seed": 0}, "a" * 64, accept_changed_data=False, finished=True)
    with pytest.raises(ValueError, match="accept_changed_data"):
        check_run(tmp_path, {"seed": 0}, "b" * 64, accept_changed_data=False, finished=False)
    check_run(tmp_path, {"seed": 0}, "b" * 64, accept_changed_data=True, finished=False)
    assert json.loads((tmp_path / "run.json").read_text())["data"] == "b" * 64


def test_a_folder_has_one_trainer(tmp_path: Path) -> None:
    with lock_folder(tmp_path), pytest.raises(FolderInUseError, match="process"), lock_folder(tmp_path):
        pass
    with lock_folder(tmp_path):
        pass


def test_states_hold_no_clock(tmp_path: Path) -> None:
    """The tensors' file must be the same for the same state, however long it took to get there."""
    state = make(8)
    first = save_checkpoint(state, tmp_path / "a", {}, keep=3)
    state.seconds = 99.0
    second = save_checkpoint(state, tmp_path / "b", {}, keep=3)
    assert (first / "state.safetensors").read_bytes() == (second / "state.safetensors").read_bytes()
    assert load_file(first / "state.safetensors").keys() == state.tensors().keys()
