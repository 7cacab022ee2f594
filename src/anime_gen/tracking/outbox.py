"""Sends reports from a thread of its own, so that a slow or dead MLflow neither stops nor slows the work."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
MAX_WAITING = 20_000
"""Reports kept while nobody answers: with a report a second, more than five hours."""


class Outbox:
    """Runs reports in order; a failing one is tried again with growing pauses, and the reader is told once."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._waiting: deque[Callable[[], object]] = deque()
        self._changed = threading.Condition()
        self._sending = False
        self._closed = False
        self._warned = False
        self.dropped = 0
        self._thread = threading.Thread(target=self._work, name="tracking-outbox", daemon=True)
        self._thread.start()

    def put(self, report: Callable[[], object]) -> None:
        """Add a report; beyond MAX_WAITING the oldest is given up and counted in `dropped`."""
        with self._changed:
            if len(self._waiting) >= MAX_WAITING:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(report)
            self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all is sent, `timeout_s` at the longest; whether all was."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._sending, timeout_s)

    def close(self, timeout_s: float) -> int:
        """Send what waits, stop the thread; how many reports were given up."""
        self.flush(timeout_s)
        with self._changed:
            self._closed = True
            lost = self.dropped + len(self._waiting)
            self._changed.notify_all()
        self._thread.join(timeout=1.0)
        if lost:
            logger.warning(
                "%d reports did not reach MLflow at %s and are lost. The work itself is not.", lost, self._where
            )
        return lost

    def _work(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting) or self._closed)
                if self._closed:
                    return
                report = self._waiting.popleft()
                self._sending = True
            error = _attempt(report)
            with self._changed:
                self._sending = False
                if error is None:
                    pause = FIRST_PAUSE_S
                elif worth_another_try(error):
                    self._waiting.appendleft(report)
                self._changed.notify_all()
            if error is not None:
                self._warn_once(error)
                if worth_another_try(error):
                    self._sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE_S)

    def _warn_once(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            logger.warning(
                "MLflow at %s does not take reports (%s). Work goes on; they are kept and sent later.",
                self._where,
                reason,
            )

    def _sleep(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        with self._changed:
            self._changed.wait_for(lambda: self._closed or time.monotonic() >= deadline, seconds)


def _attempt(report: Callable[[], object]) -> Exception | None:
    try:
        report()
    except Exception as error:  # whatever a client library raises must not reach the work
        return error
    return None


def worth_another_try(error: Exception) -> bool:
    """Whether time may mend it. A refused value (INVALID_PARAMETER_VALUE, a missing file) stays refused."""
    code = getattr(error, "error_code", "")
    return code not in {"INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"} and not isinstance(
        error, TypeError | ValueError | FileNotFoundError
    )
