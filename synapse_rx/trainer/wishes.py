"""What was asked of a training, by whatever thread, and whether it is still open to be asked."""

from __future__ import annotations

from enum import Enum
from threading import Lock


class Reply(Enum):
    """When a wish is granted: with the next chunk of work, here and now by who asks, or not at all any more."""

    SOON = "soon"
    NOW = "now"
    TOO_LATE = "too late"


class Wishes:
    """
    Whether a training is to stop or to be cancelled, and where it stands between waiting, begun and over.

    A cancel that was not refused comes true, so whoever ends a training must `close` it first.

    Attributes:
        stopping: It is to end gracefully.
        cancelled: It is to end and publish nothing more.
        over: Nothing can be asked any more.
    """

    def __init__(self) -> None:
        self.stopping = False
        self.cancelled = False
        self.over = False
        self._begun = False
        self._lock = Lock()

    def begin(self) -> bool:
        """Note that it has begun, asked once or more; False if it was over before."""
        with self._lock:
            self._begun = not self.over
            return self._begun

    def stop(self) -> Reply:
        """Ask for a graceful end."""
        with self._lock:
            self.stopping = not self.over
            return self._reply()

    def cancel(self) -> Reply:
        """Ask for an end that publishes nothing more."""
        with self._lock:
            self.cancelled = self.cancelled or not self.over
            return self._reply()

    def close(self, *, cancelled: bool = True) -> bool:
        """Be over; False, and open still, if there is a cancel to be obeyed first and this is not its end."""
        with self._lock:
            self.over = cancelled or not self.cancelled
            return self.over

    def _reply(self) -> Reply:
        if self.over:
            return Reply.TOO_LATE
        self.over = not self._begun
        return Reply.NOW if self.over else Reply.SOON
