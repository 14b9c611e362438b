"""How a run whose worker is elsewhere ends: once, and whatever goes wrong on the way, its outcome comes."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from concurrent.futures import Future

from ..atoms import Atom
from ..snapshot import Net, with_status
from ..trainer.wishes import Wishes
from .errands import Errands
from .exchange import Exchange
from .post import Post


class Ending:
    """
    Publishes how a run ended, lets go of its cell and its worker, and tells whoever waits.

    Args:
        cell: The cell.
        exchange: What changes it.
        post: The worker where the run is.
        wishes: What can be asked of the run till it is over.
        errands: What was asked and has to be answered.
        leave: Tells the fleet.

    Attributes:
        status: "queued", "training", or how it ended.
        outcome: Done when the run is over.
        when_over: Called when it is.
    """

    def __init__(
        self,
        cell: Atom[Net],
        exchange: Exchange,
        post: Post,
        wishes: Wishes,
        errands: Errands,
        leave: Callable[[], None],
    ) -> None:
        self.status = "queued"
        self.outcome: Future[Net] = Future()
        self.when_over: Callable[[], None] = lambda: None
        self._cell = cell
        self._exchange = exchange
        self._lock = exchange.lock
        self._post = post
        self._wishes = wishes
        self._errands = errands
        self._leave_fleet = leave

    @property
    def over(self) -> bool:
        """Whether it has ended, or is about to say so."""
        return self.status not in ("queued", "training")

    def end(self, status: str, error: BaseException | None = None) -> None:
        """End with a status, and with an error if there is one; nothing if it is over."""
        with self._lock:
            if self.over:
                return
            begun, self.status = self.status == "training", status
            self._wishes.close()
        try:
            if not begun:
                self._exchange.last = self._cell.value
            else:
                self._exchange.put(
                    lambda net: net if net.training.status == status else with_status(net, status)
                )
        except BaseException as failure:  # a validator refuses: the outcome must come all the same
            status, error = "failed", error or failure
        self._settle(status, error)

    def cancel(self) -> None:
        """End as cancelled."""
        self.end("cancelled", CancelledError("training was cancelled"))

    def abandon(self) -> None:
        """Forget a training whose start failed: it is over, nothing is published, nobody is told."""
        self._wishes.close()
        self._settle("failed", CancelledError("the training could not begin"))

    def _settle(self, status: str, error: BaseException | None) -> None:
        """Let go of the cell and the worker, and tell whoever waits: the outcome comes, whatever goes wrong here."""
        self.status = status
        when_over, self.when_over = self.when_over, lambda: None
        for step in (self._exchange.end, self._give_up, self._leave, when_over):
            try:
                step()
            except BaseException as failure:
                self.status, error = "failed", error or failure
        if error is not None:
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(self._exchange.last)
        with self._lock:
            self._errands.end(self._exchange.last)

    def _give_up(self) -> None:
        if self.status in ("failed", "cancelled"):
            self._post.tell("cancel")  # in vain, mostly: it is over there

    def _leave(self) -> None:
        with self._lock:
            self._post.vacate()
        self._leave_fleet()
