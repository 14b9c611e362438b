"""One run as the driver knows it; it stands where a `Trainer` stands for a training at home."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from functools import partial
from typing import Any, Protocol

import numpy as np

from ..atoms import Atom
from ..errors import WorkerLost
from ..snapshot import Net, Training, with_status
from ..stopping import Condition
from ..trainer.phases import begun
from ..trainer.telling import Telling
from ..trainer.wishes import Reply, Wishes
from ..typing import Data
from .answer import promise
from .ending import Ending
from .errands import Errands
from .exchange import Exchange
from .hearing import Hearing
from .keeper import Keeper
from .lines import Line
from .orders import to_train
from .post import Post


class Home(Protocol):
    """What a mirror asks of its fleet."""

    def place(self, mirror: Mirror) -> None: ...
    def told(self, mirror: Mirror) -> None: ...
    def ended(self, mirror: Mirror) -> None: ...


class Mirror:
    """
    A training elsewhere: for its `RemoteRun`, in the line of its cell, and for its fleet.

    What its worker says it takes in by a `Hearing`, and it ends by an `Ending`.

    Args:
        number: Which run it is.
        cell: The cell.
        data: The key of the training set.
        goal: When it is over.
        options: What `train` is given there.
        snapshots: Whether parameters are to be told with everything that is published.
        strict: Let an exception in a watch end the training.
        home: The fleet.

    Attributes:
        since: Epochs there were when it began.
    """

    def __init__(
        self,
        number: int,
        cell: Atom[Net],
        data: int,
        goal: Condition,
        options: Mapping[str, Data],
        *,
        snapshots: bool,
        strict: bool,
        home: Home,
    ) -> None:
        self.number = number
        self.atom = cell
        self.data = data
        self.goal = goal
        self.telling = Telling(cell, strict=strict)
        self.before_waiting: Callable[[], None] = lambda: None
        self.started = False
        self.since = 0
        self._options = dict(options)
        self._snapshots = snapshots
        self._home = home
        self._exchange = Exchange(number, cell, self.telling, self._edit)
        self._lock = self._exchange.lock
        self._post = Post(number, self._lock, self._fault)
        self._wishes = Wishes()
        self._errands = Errands(self, self._lock)
        parts = self._exchange, self._post, self._wishes, self._errands
        self._ending = Ending(cell, *parts, lambda: home.ended(self))
        self._hearing = Hearing(self, *parts, self._ending)

    @property
    def status(self) -> str:
        """ "queued", or the status of the training, which may have ended while others go on with the cell."""
        live, own = self.atom.value.training.status, self._ending.status
        return live if own == "training" and live in Training.LIVE else own

    @property
    def outcome(self) -> Future[Net]:
        """What is done when training is over."""
        return self._ending.outcome

    @property
    def over(self) -> bool:
        """Whether it has ended, or is about to say so."""
        return self._ending.over

    @property
    def when_over(self) -> Callable[[], None]:
        """What is called when training is over."""
        return self._ending.when_over

    @when_over.setter
    def when_over(self, called: Callable[[], None]) -> None:
        self._ending.when_over = called

    @property
    def post(self) -> Keeper | None:
        """The worker where it is; None if it is nowhere."""
        return self._post.keeper

    @property
    def losses(self) -> list[WorkerLost]:
        """What was said of the workers it lost."""
        return self._hearing.losses.all

    @property
    def delay(self) -> float:
        """Seconds from the newest publication in the worker till it was in the cell, by the clocks of both."""
        return self._hearing.delay

    @property
    def last(self) -> Net:
        """The snapshot it put into the cell last."""
        return self._exchange.last

    @property
    def epochs_done(self) -> int:
        """Complete epochs learnt."""
        return max(0, self.last.training.stats.epochs - self.since) if self.started else 0

    @property
    def behind(self) -> int:
        """Epochs by which the statistics in the cell are newer than its parameters."""
        return max(0, self.last.training.stats.epochs - self._exchange.base.training.stats.epochs)

    @property
    def is_advancing_here(self) -> bool:
        """Whether it is this very thread that tells watches, so that waiting here would never end."""
        return self._hearing.is_telling_here

    def begin(self) -> bool:
        """Leave the queue; False if it was stopped or cancelled there."""
        return self._wishes.begin()

    def start(self) -> None:
        """Listen to the cell, and publish the status "training"."""
        net = self.atom.value
        self.goal = begun(self.goal, net)
        self.since = net.training.stats.epochs
        self._exchange.begin()
        self.started, self._ending.status = True, "training"
        self._exchange.put(lambda net: with_status(net, "training"))

    def go(self) -> None:
        """Be placed, now that its turn has come."""
        try:
            if not self.begin():
                return
            if not self.started:
                self.start()
            self.place()
        except BaseException as error:
            self.fail(error)

    def stop(self) -> bool:
        """Ask for a graceful end; return whether there was anything to end."""
        reply = self._wishes.stop()
        if reply is Reply.NOW:
            self._ending.end("stopped")
        elif reply is Reply.SOON:
            self.change_status(("training", "paused"), "stopping")
            if not self._post.tell("stop"):
                self._ending.end("stopped")
        return reply is not Reply.TOO_LATE

    def cancel(self) -> bool:
        """Ask for an end after which nothing more is published; return whether it will come to that."""
        reply = self._wishes.cancel()
        if reply is Reply.NOW or (reply is Reply.SOON and not self._post.tell("cancel")):
            self._ending.cancel()
        return reply is not Reply.TOO_LATE

    def change_status(self, present: Collection[str], wanted: str) -> bool:
        """Put the status ``wanted`` into the cell if this training is live and has one of ``present``."""
        while True:
            net = self.atom.value
            if not self.started or self._wishes.over or net.training.status not in present:
                return False
            if self.telling.put(net, with_status(net, wanted)):
                return True

    def abandon(self) -> None:
        """Forget a training whose start failed: it is over, nothing is published, nobody is told."""
        self._ending.abandon()

    def fail(self, error: BaseException) -> None:
        """End with ``error``."""
        self._ending.end("failed", error)

    def confirmation(self) -> Future[None]:
        """Return what is done when the worker has done all that it was asked until now, or the run is over."""
        asked: Future[None] = promise()
        with self._lock:
            self._errands.confirm(asked)
        return asked

    def snapshot(self) -> Future[Net]:
        """Return what is done with a snapshot whose parts belong together, of this moment or later."""
        wanted: Future[Net] = promise()
        with self._lock:
            self._errands.snapshot(wanted)
        return wanted

    def place(self) -> None:
        """Ask the fleet for a worker."""
        self._home.place(self)

    def placed(self, post: Keeper) -> bool:
        """Go on with a worker, from the newest snapshot; return False if it is over."""
        with self._lock:
            if self._ending.status != "training":
                return False
            order = partial(
                to_train,
                self.number,
                self._exchange.compose(),
                self.goal,
                name=str(self.atom.meta.get("name", f"run {self.number}")),
                data=self.data,
                options=self._options,
                snapshots=self._snapshots,
                seen=self._exchange.seen,
                paused=self.status == "paused",
                again=self._post.stints > 0,
                since=self.since,
            )
            self._post.begin(post, order, self.data)
            self._errands.placed()
            if self._wishes.cancelled or self._wishes.stopping:
                self._post.tell("cancel" if self._wishes.cancelled else "stop")
        return True

    def release(self) -> None:
        """Have the worker give the run back, to go on elsewhere."""
        with self._lock:
            self._post.release()

    def lost(self, loss: WorkerLost) -> None:
        """Note that the worker is lost; what follows from it is found out on another thread."""
        self._hearing.lost(loss)

    def hear(self, event: Mapping[str, Any], arrays: dict[str, np.ndarray], post: Keeper) -> None:
        """Take in what a worker says, to be told on another thread. Never runs code of users."""
        self._hearing.hear(event, arrays, post)

    def hear_line(self, line: Line, post: Keeper) -> None:
        """Take in epochs that a worker told in a line, as `hear` does."""
        self._hearing.hear_line(line, post)

    def told(self) -> None:
        """Have the fleet call `tell` on another thread: there is something."""
        self._home.told(self)

    def tell(self) -> None:
        """Do what follows from what was heard. Called by one thread at a time."""
        self._hearing.tell()

    def _edit(self, net: Net, names: list[str], number: int) -> None:
        """Have the worker do what was done to the cell."""
        self._post.edit(net, names, number)

    def _fault(self, error: BaseException) -> None:
        """End with an error, on another thread. Called under the lock."""
        self._hearing.fault(error)
