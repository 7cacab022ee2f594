import re
import signal
from pathlib import Path

import click
import pandas as pd
import pytest
from kedro.framework.session import KedroSession
from kedro.io import AbstractDataset, DataCatalog, DatasetError
from kedro.runner import ParallelRunner, ThreadRunner
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import ParquetDataset
from pydantic import BaseModel, ConfigDict

from anime_gen.datasets import FaceStoreDataset, TaggerDataset
from anime_gen.serving import BundleError
from anime_gen.session import (
    STOPPED,
    Session,
    StoppedError,
    check_selection,
    message_for,
    reader_can_mend,
    refuse_processes,
    stoppable,
)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    batch: int = 1


def leave(error: BaseException | None) -> None:
    """End a session as the command line does, with `error` on its way out."""
    session = object.__new__(Session)
    session.save_on_close = False
    session._store = {}
    with click.Context(click.Command("run")):
        session.__exit__(type(error) if error else None, error, None)


def test_an_error_about_input_is_one_message():
    with pytest.raises(click.ClickException, match=r"no faces\.zip") as caught:
        leave(FileNotFoundError("there is no faces.zip"))
    assert caught.value.exit_code == 1


def test_a_bug_keeps_its_traceback():
    leave(TypeError("bug"))
    leave(None)


def test_the_traceback_can_be_asked_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANIME_GEN_DEBUG", "1")
    leave(ValueError("wrong"))


def test_ctrl_c_has_its_own_exit_status(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as caught:
        leave(KeyboardInterrupt())
    assert caught.value.code == STOPPED
    assert "goes on from there" in capsys.readouterr().err


def test_a_typo_names_its_key_without_the_framework():
    with pytest.raises(ValueError, match="bacth") as caught:
        Strict.model_validate({"bacth": 3})
    words = message_for(caught.value)
    assert "bacth" in words
    assert "given: 3" in words
    assert "https://" not in words
    assert reader_can_mend(caught.value)


KEDROS = (JSONDataset, ParquetDataset)
TABLE = pd.DataFrame({"value": range(100_000)})


def told(dataset: AbstractDataset, *content: object) -> str:
    """What the session says when the catalog loads a dataset, or saves `content` in it."""
    catalog = DataCatalog({"some_report": dataset})
    with pytest.raises(DatasetError) as caught:
        (catalog.save if content else catalog.load)("some_report", *content)
    assert reader_can_mend(caught.value)
    return message_for(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no file that is always full")
@pytest.mark.parametrize(("kind", "content"), zip(KEDROS, ({"value": "x" * 100_000}, TABLE), strict=True))
def test_a_disk_that_fills_up_while_kedro_saves_is_named_with_the_file(tmp_path: Path, kind: type, content: object):
    (tmp_path / "it's full, so").symlink_to("/dev/full")
    words = told(kind(filepath=str(tmp_path / "it's full, so")), content)
    assert words.startswith(f"{tmp_path}/it's full, so: the disk is full. Free some space")
    assert "Errno" not in words


def test_a_file_that_is_missing_or_damaged_is_named_with_what_to_do(tmp_path: Path):
    for kind in KEDROS:
        path = tmp_path / kind.__name__
        assert told(kind(filepath=str(path))).startswith(f"{path} is not there. Run the stage that makes it")
        path.write_text("{")
        assert str(path) in told(kind(filepath=str(path)))
    assert "Delete it and run the stage" in told(JSONDataset(filepath=str(tmp_path / "JSONDataset")))
    assert told(FaceStoreDataset(filepath=str(tmp_path / "faces.json"))).startswith("there are no faces yet; run")
    (tmp_path / "models").mkdir()
    assert str(tmp_path / "models") in told(TaggerDataset(filepath=str(tmp_path / "models/tagger.json")))


def test_what_counts_as_a_readers_error():
    assert reader_can_mend(BundleError("x"))
    assert reader_can_mend(OSError("x"))
    assert not reader_can_mend(RuntimeError("x"))
    assert message_for(ValueError()).startswith("ValueError")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_every_signal_that_ends_a_run_is_heard(number: int, code: int, capsys: pytest.CaptureFixture[str]):
    before = signal.getsignal(number)
    with pytest.raises(StoppedError) as caught, stoppable():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before
    with pytest.raises(SystemExit) as ended:
        leave(caught.value)
    assert ended.value.code == code
    assert "the same command goes on from there" in capsys.readouterr().err


def test_under_nohup_a_closed_terminal_is_nothing():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stoppable():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("names", "tags", "words"),
    [
        (["nosuch"], [], "there is no pipeline 'nosuch'; there are ingest, tag, train, directions, evaluate, publish"),
        (["trian"], [], "there is no pipeline 'trian'; did you mean train?"),
        (["tag,train"], [], "--pipelines=tag,train"),
        (["tag"], ["ingset"], "no node of this run has the tag 'ingset'; did you mean ingest?; there are "),
        (["ingest"], ["ingest", "train"], "no node of this run has the tag 'train'"),
    ],
)
def test_a_pipeline_or_tag_that_does_not_exist_is_refused_with_those_that_do(names: list, tags: list, words: str):
    with pytest.raises(ValueError, match=re.escape(words)):
        check_selection(names, tags)
    check_selection(["tag", "train"], ["ingest", "tag"])


def test_processes_of_kedro_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="ParallelRunner is not supported"):
        refuse_processes(ParallelRunner())
    refuse_processes(ThreadRunner())
    refuse_processes(None)


def test_relative_paths_mean_the_projects_root_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seen = {}

    def ran(self: KedroSession, **options: object) -> dict:
        seen.update(options, folder=Path.cwd())
        return {}

    monkeypatch.setattr(KedroSession, "run", ran)
    monkeypatch.chdir("/")
    session = object.__new__(Session)
    session._project_path = tmp_path
    session.run(pipeline_names=["train", "tag"])
    assert seen == {"pipeline_names": ["tag", "train"], "folder": tmp_path}
    assert Path.cwd() == Path("/")
