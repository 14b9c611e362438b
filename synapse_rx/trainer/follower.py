"""The trainer of every process but the first: it does what that one does."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Callable
from threading import get_ident
from typing import Any

from ..atoms import Atom
from ..errors import CollectiveError, DataError, Diverged
from ..learner import Learner
from ..snapshot import Net, Training, with_status
from ..snapshot.training import STATUSES
from ..stopping import Condition
from .leader import FOREVER
from .letters import read
from .next import Next
from .orders import Asked, Kind, Order, Orders
from .phases import begun
from .trainer import Trainer

log = logging.getLogger("synapse_rx")


class Follower(Trainer):
    """
    Drives a learner as process 0 orders, so that its cell gets the same snapshots.

    `stop` and `cancel` are passed on to process 0. What is edited in the cell here has no effect: the next snapshot
    takes its place.

    Args:
        atom: The cell.
        make: Makes the learner for a snapshot.
        goal: When it is over, which is for process 0 to say.
        mark: What tells data and options from others.
        orders: Where orders come from.
        abort: Called when it can obey no more.
        rank: The number of this process.
        strict: Let an exception in a watch end the training.
    """

    def __init__(
        self,
        atom: Atom[Net],
        make: Callable[[Net], Learner],
        goal: Condition,
        *,
        mark: int,
        orders: Orders,
        abort: Callable[[], object],
        rank: int,
        strict: bool = False,
    ) -> None:
        super().__init__(atom, make, goal, strict=strict)
        self._make_learner = make
        self._mark, self._orders, self._abort, self._rank = mark, orders, abort, rank
        self._asked = Asked(False, False)
        self._diverged: Diverged | None = None
        self._warned = False

    def start(self) -> None:
        """Publish the status "training"; what is to be trained process 0 says."""
        self._story.goal = begun(self.goal, self.atom.value)
        self.started, self._status = True, "training"
        self._replace(lambda net: with_status(net, "training"))

    def advance(self, most: float | None = None) -> Next:
        """Wait for an order and obey it."""
        self._thread = get_ident()
        try:
            if self._wishes.over:
                return Next.DONE
            if not self.started:
                self.start()
            paused = self.last.training.status == "paused"
            return self._obey(self._orders.take(self._asked, patient=paused))
        except BaseException as error:
            self._abort()
            return self.fail(error)
        finally:
            self._thread = None

    def stop(self) -> bool:
        """Ask process 0 to end the training gracefully."""
        return self._ask(super().stop, Asked(True, self._asked.cancel))

    def cancel(self) -> bool:
        """Ask process 0 to cancel the training."""
        return self._ask(super().cancel, Asked(self._asked.stop, True))

    def change_status(self, present: Any, wanted: str) -> bool:
        """Refuse: it is process 0 that pauses and goes on."""
        return False

    def _ask(self, at_once: Callable[[], bool], asked: Asked) -> bool:
        if not self.started:
            return at_once()
        if self._wishes.over:
            return False
        self._asked = asked
        return True

    def _obey(self, order: Order) -> Next:
        learner = self._learner
        if order.kind is Kind.END:
            return self._finish(STATUSES[order.number], order.letter.decode(errors="replace"))
        if order.kind is Kind.BEGIN:
            self._begin(order)
        elif order.kind is Kind.STATUS:
            self._take_status(STATUSES[order.number])
        elif learner is None:
            raise CollectiveError(f"process 0 said {order.kind.name} before it said what to train")
        elif order.kind is Kind.LEARN:
            self._learn(learner, order.number)
        elif order.kind is Kind.EDIT:
            self._edit(learner, read(order.letter, self.last))
        else:
            self._tell(learner)
        self._story.check_strict()
        return Next.MORE

    def _begin(self, order: Order) -> None:
        if order.number != self._mark:
            raise DataError(
                f"process {self._rank} has other training data, or other options, than process 0; give all the same"
            )
        net = read(order.letter)
        self._learner = self._make_learner(net)
        self._replace(lambda _: with_status(net, "training"))

    def _learn(self, learner: Learner, batches: int) -> None:
        try:
            self._story.epoch_done = learner.learn(FOREVER, batches).epoch_done
        except Diverged as error:  # as in process 0, which says what follows from it
            self._story.note(error.batch, "diverged", str(error))
            self._diverged = error

    def _edit(self, learner: Learner, net: Net) -> None:
        batch = learner.batch
        edits = learner.adopt(self.last, net)
        self._replace(lambda _: net)
        for what, detail in edits:
            self._story.note(batch, what, detail)

    def _take_status(self, status: str) -> None:
        was = self.last.training.status
        if status in Training.LIVE and self._learner is not None:
            self._story.note(self._learner.batch, status, f"was {was}")
        self._replace(lambda net: with_status(self.last, status))

    def _tell(self, learner: Learner) -> None:
        story = self._story
        new = learner.merge(story.last)
        story.epochs_done += new.training.stats.epochs - story.last.training.stats.epochs
        new = story.with_notes(new)
        story.epoch_done = False
        self._replace(lambda _: new)

    def _finish(self, status: str, why: str) -> Next:
        if status == "failed":
            # It did not happen here, so there is nothing to note of this process but that it is over.
            error = self._diverged or CollectiveError(f"process 0 ended the training: {why or 'it failed'}")
            return self.fail(error)
        if status == "cancelled":
            return self._end("cancelled", CancelledError("training was cancelled"))
        return self._end(status)

    def _replace(self, make: Callable[[Net], Net]) -> None:
        """Put a snapshot into the cell, whatever is there."""
        while True:
            present = self.atom.value
            if present is not self.last and self.started and not self._warned:
                self._warned = True
                log.warning("edits in process %d have no effect; make them in process 0", self._rank)
            new = make(present)
            if self.telling.put(present, new):
                self._story.last = new
                return
