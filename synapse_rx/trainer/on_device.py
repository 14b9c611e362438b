"""A learner whose work is done on a device."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..backends import Backend
from ..learner import Edit, Learner, Progress


def on_device(make: Callable[[], Learner], backend: Backend) -> Learner:
    """Return what ``make`` makes, made and always at work in the context of its backend (`Backend.active`)."""
    if not backend.remote:
        return make()
    with backend.active():
        return OnDevice(make(), backend)


class OnDevice:
    """
    Enters the context of a backend around all that a learner does, and lets its memory go with it (`Learner`).

    Raises:
        DeviceMemoryError: From whatever it does, if the device has too little memory.
        DeviceLostError: If the device stopped computing.
    """

    def __init__(self, learner: Learner, backend: Backend) -> None:
        self._learner: Learner | None = learner
        self._backend = backend
        self._batch = learner.batch

    @property
    def batch(self) -> int:
        """Batches learnt in the present epoch; known without asking the device."""
        return self._batch if self._learner is None else self._learner.batch

    def learn(self, seconds: float, batches: int | None = None) -> Progress:
        """Learn for about so many seconds (`Learner`)."""
        with self._backend.active():
            return self._there.learn(seconds, batches)

    def adopt(self, seen: Any, net: Any) -> tuple[Edit, ...]:
        """Take over edits (`Learner`)."""
        with self._backend.active():
            return self._there.adopt(seen, net)

    def merge(self, net: Any) -> Any:
        """Put what was learnt into a snapshot (`Learner`)."""
        with self._backend.active():
            return self._there.merge(net)

    def close(self) -> None:
        """Let go of everything; the device's memory is given back (`Learner`)."""
        learner, self._learner = self._learner, None
        if learner is None:
            return
        self._batch = learner.batch
        with suppress(Exception), self._backend.active():
            learner.close()
        del learner  # and with it the last arrays, so that their memory is free
        self._backend.close()

    @property
    def _there(self) -> Learner:
        assert self._learner is not None, "a learner is asked after it was closed"
        return self._learner
