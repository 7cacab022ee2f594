"""How a `kedro` command ends: a plain message for what the reader can mend, a traceback for what is a bug."""

import os
import re
from types import TracebackType
from typing import Any

import click
from kedro.framework.session import KedroSession

from anime_gen.tracking.active import close_active

STOPPED = 130
"""Exit status after Ctrl-C, as shells count it (128 + SIGINT)."""

READER_CAN_MEND = (ValueError, OSError)
"""Errors about input, files or settings. pydantic's ValidationError is a ValueError."""


PLAINER = (
    (re.compile(r"\n\s*For further information visit \S+"), ""),
    (re.compile(r" \[type=\w+, input_value=(.*?), input_type=\w+\]"), r" (given: \1)"),
    (re.compile(r"Failed to instantiate \w+ for parameter '[^']+': "), ""),
)
"""What pydantic and Kedro add to a message about a parameter, and what a reader needs of it."""


class Session(KedroSession):
    """Kedro's session; on the command line an error a reader can mend ends in one message and exit status 1.

    `ANIME_GEN_DEBUG=1` shows the whole traceback instead. Called from Python (tests, notebooks) nothing is changed: the
    exception itself arrives.
    """

    def run(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run a pipeline; whatever stops it, no MLflow run stays open."""
        try:
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
            click.echo("\nStopped. What was finished is kept; the same command goes on from there.", err=True)
            raise SystemExit(STOPPED)
        if reader_can_mend(error):
            raise click.ClickException(message_for(error)) from error


def reader_can_mend(error: BaseException) -> bool:
    """Whether the error is about input or settings: ours, Kedro's, or a plain ValueError or OSError."""
    module = type(error).__module__.partition(".")[0]
    return isinstance(error, READER_CAN_MEND) or module in {"anime_gen", "kedro", "omegaconf", "yaml", "pydantic_core"}


def message_for(error: BaseException) -> str:
    """The error's own words, without the framework's wrapping."""
    text = str(error).strip() or type(error).__name__
    for pattern, replacement in PLAINER:
        text = pattern.sub(replacement, text)
    return f"{text}\n(ANIME_GEN_DEBUG=1 shows where this came from.)"
