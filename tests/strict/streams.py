"""Streams that fall behind: what is asked of them is done as late, as early or as mixed up as they may."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from .array import StrictArray
from .runtime import StrictCupy, StrictStream

JUNK = 0xFF
"""What lies where a copy is under way."""


class LaggingEvent:
    """
    An event: done once the stream that it was last recorded in has come so far.
    """

    def __init__(self, cupy: LaggingCupy, disable_timing: bool = False) -> None:
        self.cupy, self.recorded, self.reached = cupy, 0, 0

    @property
    def is_done(self) -> bool:
        return self.reached >= self.recorded

    def synchronize(self) -> None:
        self.cupy.run_until(lambda: self.is_done)


class LaggingStream(StrictStream):
    """
    A stream whose work waits to be done.

    Attributes:
        waiting: What is to be done, each with what says whether it may begin.
    """

    def __init__(self, cupy: LaggingCupy, non_blocking: bool) -> None:
        super().__init__(cupy, non_blocking)
        self.lagging = cupy
        self.waiting: deque[tuple[Callable[[], bool], Callable[[], None]]] = deque()
        cupy.streams.append(self)

    def ask(self, work: Callable[[], None], may_begin: Callable[[], bool] = lambda: True) -> None:
        """
        Have something done behind all that was asked for before.
        """
        self.waiting.append((may_begin, work))
        if self.lagging.is_early:
            self.lagging.run_until(lambda: False)
        elif not self.non_blocking and not self.lagging.computing_lags:
            self.lagging.run_until(lambda: not self.waiting)

    def record(self, event: Any = None) -> Any:
        event = LaggingEvent(self.lagging) if event is None else event
        event.recorded += 1
        turn = event.recorded
        self.ask(lambda: setattr(event, "reached", turn))
        return event

    def wait_event(self, event: Any) -> None:
        turn = event.recorded
        self.ask(lambda: None, lambda: event.reached >= turn)

    def sets(self, array: StrictArray, host: np.ndarray) -> None:
        """
        Copy to the device: what is there meanwhile is junk.
        """
        there = array._host
        assert there.shape == host.shape and there.dtype == host.dtype and there.flags.c_contiguous
        self.ask(lambda: there.view(np.uint8).fill(JUNK))
        self.ask(lambda: np.copyto(there, host))

    def synchronize(self) -> None:
        self.lagging.run_until(lambda: not self.waiting)
        super().synchronize()


class LaggingCupy(StrictCupy):
    """
    cupy whose streams fall behind.

    Args:
        computing_lags: Let streams that compute fall behind as well; what is computed by arrays never does.
        is_early: Do everything as soon as it may be done.
        seed: Which of the streams goes on when somebody waits is drawn from it.
    """

    def __init__(self, *, computing_lags: bool = False, is_early: bool = False, seed: int = 0) -> None:
        super().__init__()
        self.streams: list[LaggingStream] = []
        self.computing_lags, self.is_early = computing_lags, is_early
        self._random = random.Random(seed)
        self.cuda.Stream = lambda non_blocking=False: LaggingStream(self, non_blocking)
        self.cuda.Event = lambda disable_timing=False: LaggingEvent(self, disable_timing)

    def run_until(self, enough: Callable[[], bool]) -> None:
        """
        Do what streams were asked for, one thing at a time, till it is enough or nothing can be done.
        """
        while not enough():
            able = [one for one in self.streams if one.waiting and one.waiting[0][0]()]
            if not able:
                assert self.is_early or not any(one.waiting for one in self.streams), (
                    "streams wait for each other"
                )
                return
            self._random.choice(able).waiting.popleft()[1]()
