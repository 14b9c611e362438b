"""What is heard of a run whose worker is elsewhere, and what follows from it."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Mapping
from threading import get_ident
from time import time
from typing import Any, Protocol

import numpy as np

from ..errors import WorkerLost
from ..stopping import Condition
from ..trainer.telling import Telling
from ..trainer.wishes import Wishes
from .ending import Ending
from .errands import Errands
from .exchange import Exchange, News
from .keeper import Keeper
from .lines import Line
from .losses import Losses
from .post import Post
from .remaining import whole


class Heard(Protocol):
    """What is asked of a run that is heard of."""

    goal: Condition
    since: int
    telling: Telling

    def place(self) -> None: ...
    def told(self) -> None: ...


class Hearing:
    """
    Takes in what workers say, on whatever thread, and does what follows from it on another, which may run users' code.

    Args:
        run: The run.
        exchange: Merges what is told into the cell.
        post: The worker where the run is.
        wishes: What was asked of the run.
        errands: What was asked of its worker.
        ending: Ends the run.

    Attributes:
        losses: The workers that were lost.
        delay: Seconds from the newest publication in the worker till it was in the cell, by the clocks of both.
    """

    def __init__(
        self, run: Heard, exchange: Exchange, post: Post, wishes: Wishes, errands: Errands, ending: Ending
    ) -> None:
        self.losses = Losses()
        self.delay = float("nan")
        self._run = run
        self._exchange = exchange
        self._lock = exchange.lock
        self._post = post
        self._wishes = wishes
        self._errands = errands
        self._ending = ending
        self._loss: WorkerLost | None = None  # the worker is lost, and nothing followed from that yet
        self._thread: int | None = None

    @property
    def is_telling_here(self) -> bool:
        """Whether it is this very thread that tells watches."""
        return self._thread == get_ident()

    def lost(self, loss: WorkerLost) -> None:
        """Note that the worker is lost."""
        with self._lock:
            if self._exchange.forget():  # else its end was heard, and is being told
                self._post.vacate()
                self._loss = loss
        self._run.told()

    def hear(self, event: Mapping[str, Any], arrays: dict[str, np.ndarray], post: Keeper) -> None:
        """Take in what a worker says, if the run is still there."""
        with self._lock:
            if post is not self._post.keeper:
                return
            try:
                self._exchange.hear(event, arrays, post.name)
            except Exception as error:
                error.add_note(f"this is what {post.name} said, and it cannot be taken in here")
                self._post.tell("cancel")
                self._exchange.fault(error)

    def hear_line(self, line: Line, post: Keeper) -> None:
        """Take in epochs that a worker told in a line, as `hear` does."""
        with self._lock:
            if post is self._post.keeper:
                self._exchange.hear_line(line)

    def fault(self, error: BaseException) -> None:
        """Note an error that ends the run. Called under the lock."""
        self._post.tell("cancel")
        self._exchange.fault(error)
        self._run.told()

    def tell(self) -> None:
        """Do what follows from what was heard. Called by one thread at a time."""
        self._thread = get_ident()
        try:
            with self._lock:
                loss, self._loss = self._loss, None
                news = self._exchange.take()
            if self._ending.status != "training":
                return
            if loss is not None:
                self._bear(loss)
            elif news is not None:
                self._follow(news)
        except BaseException as error:  # whatever it is belongs to whoever awaits the run
            self._ending.end("failed", error)
        finally:
            self._thread = None

    def _bear(self, loss: WorkerLost) -> None:
        """Go on elsewhere after a loss."""
        event = self.losses.bear(loss, self._exchange.base)
        if not self._wishes.cancelled:
            self._exchange.rewind(event)
        if self._goes_on():
            self._run.place()

    def _follow(self, news: News) -> None:
        """Put what a worker told into the cell, and end what is over there."""
        there = news.status
        moving = self._post.releasing and news.ended and news.error is None and there == "stopped"
        if news.at:
            self.delay = time() - news.at
        if news.ended or not self._wishes.cancelled:
            self._exchange.merge(news, with_status=not news.ended)
        if news.asked or news.ended:
            with self._lock:
                self._errands.give(self._exchange.last)
        fatal = self._run.telling.fatal
        if news.ended and fatal is not None:
            self._ending.end("failed", fatal)
        elif fatal is not None:
            self._post.tell("cancel")
        elif moving:
            with self._lock:
                self._post.vacate()
                self._loss = None
            if self._goes_on():
                self._run.place()
        elif isinstance(news.error, CancelledError):
            self._ending.cancel()
        elif news.error is not None:
            self._ending.end("failed", news.error)
        elif news.ended:
            self._ending.end(there if there in ("done", "stopped") else "stopped")

    def _goes_on(self) -> bool:
        """End what is not to go on with another worker; return whether it is."""
        net = self._exchange.base
        course = whole(net.training.stats, self._run.since)
        if self._wishes.cancelled:
            self._ending.cancel()
        elif self._wishes.stopping:
            self._ending.end("stopped")
        elif course.epochs and net.training.state.position is None and self._run.goal.met(course):
            self._ending.end("done")  # which the worker could not say any more
        else:
            return True
        return False
