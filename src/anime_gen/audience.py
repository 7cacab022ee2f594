"""Who reads what a run prints: when they have gone, as `| head` and `| less` do, so has the run's terminal."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

HANG_UP = getattr(signal, "SIGHUP", signal.SIGINT)


@contextmanager
def attended() -> Iterator[None]:
    """A block in which output that nobody reads any more raises HANG_UP once instead of an error in whoever prints.

    So a run closes and saves as after any signal that ends it, and goes on under nohup.
    """
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_Attended(stream, before) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class _Attended:
    """A stream that writes nowhere once its reader has gone."""

    def __init__(self, stream: TextIO, streams: tuple[TextIO, ...]) -> None:
        """`streams`: all that may have the same reader."""
        self._stream = stream
        self._streams = streams

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """As of any stream."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._leave()
            return len(text)

    def flush(self) -> None:
        """As of any stream."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._leave()

    def _leave(self) -> None:
        left = self._stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for place in [stream.fileno() for stream in self._streams]:
            if os.path.sameopenfile(place, left) and place != left:
                os.dup2(nowhere, place)
        os.dup2(nowhere, left)
        os.close(nowhere)
        signal.raise_signal(HANG_UP)
