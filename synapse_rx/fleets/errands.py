"""What was asked of a run elsewhere, and is answered when its worker has done it."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ..snapshot import Net
from .keeper import Keeper, Order
from .orders import to_do


class Asked(Protocol):
    """What errands ask of a run."""

    number: int

    @property
    def post(self) -> Keeper | None: ...
    @property
    def over(self) -> bool: ...
    @property
    def last(self) -> Net: ...


class Errands:
    """
    Confirmations and snapshots that were asked for.

    Args:
        run: The run.
        lock: The run's lock, which whoever calls any of this holds.
    """

    def __init__(self, run: Asked, lock: AbstractContextManager[Any]) -> None:
        self._run = run
        self._lock = lock
        self._confirmations: list[Future[None]] = []  # that wait for a worker
        self._snapshots: list[Future[Net]] = []

    def confirm(self, asked: Future[None]) -> None:
        """Have ``asked`` done when the worker has done all that it was told until now, or the run is over."""
        post = self._run.post
        if self._run.over:
            asked.set_result(None)
        elif post is None:
            self._confirmations.append(asked)
        else:
            post.send(
                Order(lambda: to_do("ping", self._run.number), lambda error: self._said(asked, error, post))
            )

    def snapshot(self, wanted: Future[Net]) -> None:
        """Have ``wanted`` done with a snapshot of this moment or later."""
        if self._run.over:
            wanted.set_result(self._run.last)
        else:
            self._snapshots.append(wanted)
            self._fetch()

    def placed(self) -> None:
        """Ask another worker for what the one before did not do; what it began with has all that was asked."""
        asked, self._confirmations = self._confirmations, []
        for one in asked:
            self.confirm(one)
        if self._snapshots:
            self._fetch()

    def give(self, net: Net) -> None:
        """Give a snapshot to all that asked for one."""
        wanted, self._snapshots = self._snapshots, []
        for one in wanted:
            one.set_result(net)

    def end(self, net: Net) -> None:
        """Answer everything: the run is over."""
        asked, self._confirmations = self._confirmations, []
        for one in asked:
            one.set_result(None)
        self.give(net)

    def _fetch(self) -> None:
        if (post := self._run.post) is not None:
            post.send(Order(lambda: to_do("snapshot", self._run.number)))

    def _said(self, asked: Future[None], error: BaseException | None, post: Keeper) -> None:
        with self._lock:
            if error is None or self._run.over:
                asked.set_result(None)
            elif self._run.post is post:  # its loss is to be heard of yet
                self._confirmations.append(asked)
            else:
                self.confirm(asked)
