"""How a `kedro` command ends: a plain message for what the reader can mend, a traceback for what is a bug."""

import contextlib
import json
import os
import re
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import click
from kedro.framework.session import KedroSession
from kedro.runner import AbstractRunner, ParallelRunner

from anime_gen.audience import attended
from anime_gen.project.parameters import nearest
from anime_gen.tracking.active import close_active

STOPPED = 130
"""Exit status after Ctrl-C, as shells count it (128 + SIGINT)."""

READER_CAN_MEND = (ValueError, OSError)
"""Errors about input, files or settings. pydantic's ValidationError is a ValueError."""

ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Signals that end a run: Ctrl-C, a shutdown or a scheduler's time limit, a closed terminal."""

PLAINER = (
    (re.compile(r"\n\s*For further information visit \S+"), ""),
    (re.compile(r" \[type=\w+, input_value=(.*?), input_type=\w+\]"), r" (given: \1)"),
    (re.compile(r"Failed to instantiate \w+ for parameter '[^']+': "), ""),
)
"""What pydantic and Kedro add to a message about a parameter, and what a reader needs of it."""

DATASET = re.compile(
    r"(?:\S+: )?Failed while (?:loading|saving) data (?:from|to) dataset .*?"
    r"(?:filepath=(?:\w+\()?(?P<quote>['\"])(?P<file>.*?)(?P=quote).*)?\)\.\n"
)
"""What Kedro says before the error of a dataset: the only place where most of its datasets name their file."""

NO_ROOM = re.compile(r"(\[errno \d+\] )?(No space left on device|Disk quota exceeded)( \(os error \d+\))?", re.I)


class StoppedError(KeyboardInterrupt):
    """A signal asked the run to end; `exit_code` is 128 plus its number."""

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number
        super().__init__(f"stopped by {signal.Signals(number).name}")


class Session(KedroSession):
    """Kedro's session; on the command line an error a reader can mend ends in one message and exit status 1.

    `ANIME_GEN_DEBUG=1` shows the whole traceback instead. Called from Python (tests, notebooks) nothing is changed: the
    exception itself arrives.
    """

    def run(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run a pipeline in the project's folder; whatever stops it, no MLflow run stays open."""
        refuse_processes(kwargs.get("runner"))
        if kwargs.get("pipeline_names"):
            kwargs["pipeline_names"] = sorted(kwargs["pipeline_names"])  # Kedro mixes them up by chance
        check_selection(kwargs.get("pipeline_names") or ["__default__"], kwargs.get("tags") or ())
        try:
            with contextlib.chdir(self._project_path), stoppable():
                return super().run(*args, **kwargs)
        except BaseException as error:
            close_active("FAILED" if isinstance(error, Exception) else "KILLED")
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        on_command_line = click.get_current_context(silent=True) is not None
        if error is None or not on_command_line or os.environ.get("ANIME_GEN_DEBUG"):
            return
        if isinstance(error, KeyboardInterrupt):
            click.echo(
                f"\n{_stopped(error)}. What was finished is kept; the same command goes on from there.", err=True
            )
            raise SystemExit(getattr(error, "exit_code", STOPPED))
        if reader_can_mend(error):
            raise click.ClickException(message_for(error)) from error


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """A block in which the ENDING signals raise StoppedError, so that everything is closed on the way out.

    Output that nobody reads any more counts as a closed terminal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise StoppedError(number)

    # Under nohup a run outlives its terminal; a shell ignores Ctrl-C for what runs in the background, where `kill -INT`
    # still means it.
    heard = [number for number in ENDING if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        with attended():
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def check_selection(names: Sequence[str], tags: Iterable[str]) -> None:
    """ValueError that says what there is, for a pipeline or a tag of nodes that does not exist."""
    from anime_gen.pipeline_registry import register_pipelines

    known = register_pipelines()
    stages = [name for name in known if not name.startswith("_")]
    for name in names:
        if "," in name:
            raise ValueError(f"--pipeline takes one name; several are named by --pipelines={name}")
        if name not in known:
            raise ValueError(f"there is no pipeline {name!r}{nearest(name, stages)}; there are {', '.join(stages)}")
    found = sorted({tag for name in names for node in known[name].nodes for tag in node.tags})
    for tag in tags:
        if tag not in found:
            raise ValueError(
                f"no node of this run has the tag {tag!r}{nearest(tag, found)}; there are {', '.join(found)}"
            )


def refuse_processes(runner: AbstractRunner | None) -> None:
    """ValueError for Kedro's ParallelRunner: its processes could neither report to the run nor be stopped with it."""
    if isinstance(runner, ParallelRunner):
        raise ValueError(
            "--runner=ParallelRunner is not supported: its processes cannot report to the MLflow run. Leave --runner "
            "out (the stages use all cores themselves), or take --runner=ThreadRunner."
        )


def reader_can_mend(error: BaseException) -> bool:
    """Whether the error is about input or settings: ours, Kedro's, or a plain ValueError or OSError."""
    module = type(error).__module__.partition(".")[0]
    return isinstance(error, READER_CAN_MEND) or module in {"anime_gen", "kedro", "omegaconf", "yaml", "pydantic_core"}


def message_for(error: BaseException) -> str:
    """The error's own words, without the framework's wrapping."""
    text = str(error).strip() or type(error).__name__
    if (found := DATASET.match(text)) is not None:
        text = _with_its_file(text[found.end() :], found["file"], _first(error))
    for pattern, replacement in PLAINER:
        text = pattern.sub(replacement, text)
    text = NO_ROOM.sub(
        "the disk is full. Free some space and run the same command again; what is finished is kept", text
    )
    return f"{text}\n(ANIME_GEN_DEBUG=1 shows where this came from.)"


def _first(error: BaseException) -> BaseException:
    """What went wrong at the bottom; Kedro wraps it more than once."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _with_its_file(text: str, file: str | None, cause: BaseException) -> str:
    """An error of a dataset; Kedro's own often speak of neither the file nor of what to do."""
    if file is None:
        return text
    if isinstance(cause, FileNotFoundError):
        plain = text == file or text.startswith("[Errno 2]")
        return (
            f"{file} is not there. Run the stage that makes it, or `kedro run` for the whole chain." if plain else text
        )
    if isinstance(cause, json.JSONDecodeError | UnicodeDecodeError):
        return f"{file} is damaged ({text}). Delete it and run the stage that makes it again."
    return text if Path(file).name in text else f"{file}: {text}"


def _stopped(error: KeyboardInterrupt) -> str:
    words = str(error) or "stopped"
    return words[0].upper() + words[1:]
