"""Ctrl-C, SIGTERM and SIGHUP end a run after the step at hand, with everything saved."""

import signal
import threading
from types import FrameType, TracebackType

STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class TrainingInterruptedError(KeyboardInterrupt):
    """A run was asked to stop and has saved itself; `exit_code` is 128 plus the signal (130 Ctrl-C, 143 SIGTERM).

    A KeyboardInterrupt, so that nobody on the way out takes it for a failure.
    """

    def __init__(self, signal_number: int, images: int) -> None:
        self.exit_code = 128 + signal_number
        name = signal.Signals(signal_number).name
        super().__init__(
            f"stopped by {name} after {images:,} images; all is saved, the same command continues from here"
        )


class StopRequest:
    """Context in which the first of the STOPPING signals is noted in `signal_number`; the second one acts as usual."""

    def __init__(self) -> None:
        self.signal_number: int | None = None
        self._previous: dict[int, object] = {}

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            for number in STOPPING:
                nohup = number != signal.SIGINT and signal.getsignal(number) is signal.SIG_IGN
                if not nohup:  # under nohup a run outlives its terminal
                    self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.signal_number = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._previous = {}
