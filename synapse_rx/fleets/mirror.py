"""One run as the driver knows it; it stands where a `Trainer` stands for a training at home."""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from functools import partial
from threading import get_ident
from time import time
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
from .errands import Errands
from .exchange import Exchange, News
from .keeper import Keeper
from .lines import Line
from .losses import Losses
from .orders import to_train
from .post import Post
from .remaining import whole


class Home(Protocol):
    """What a mirror asks of its fleet."""

    def place(self, mirror: Mirror) -> None: ...
    def told(self, mirror: Mirror) -> None: ...
    def ended(self, mirror: Mirror) -> None: ...


class Mirror:
    """
    A training elsewhere: for its `RemoteRun`, in the line of its cell, and for its fleet.

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
        outcome: Done when training is over.
        delay: Seconds from the newest publication in the worker till it was in the cell, by the clocks of both.
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
        self.outcome: Future[Net] = Future()
        self.when_over: Callable[[], None] = lambda: None
        self.before_waiting: Callable[[], None] = lambda: None
        self.started = False
        self.delay = float("nan")
        self._options = dict(options)
        self._snapshots = snapshots
        self._home = home
        self._exchange = Exchange(number, cell, self.telling, self._edit)
        self._lock = self._exchange.lock
        self._post = Post(number, self._lock, self._fault)
        self._wishes = Wishes()
        self._status = "queued"
        self._thread: int | None = None
        self._since = 0  # epochs there were when it began
        self._losses = Losses()
        self._loss: WorkerLost | None = None  # the worker is lost, and nothing followed from that yet
        self._errands = Errands(self, self._lock)

    @property
    def status(self) -> str:
        """ "queued", or the status of the training, which may have ended while others go on with the cell."""
        live = self.atom.value.training.status
        return live if self._status == "training" and live in Training.LIVE else self._status

    @property
    def post(self) -> Keeper | None:
        """The worker where it is; None if it is nowhere."""
        return self._post.keeper

    @property
    def losses(self) -> list[WorkerLost]:
        """What was said of the workers it lost."""
        return self._losses.all

    @property
    def last(self) -> Net:
        """The snapshot it put into the cell last."""
        return self._exchange.last

    @property
    def epochs_done(self) -> int:
        """Complete epochs learnt."""
        return max(0, self.last.training.stats.epochs - self._since) if self.started else 0

    @property
    def behind(self) -> int:
        """Epochs by which the statistics in the cell are newer than its parameters."""
        return max(0, self.last.training.stats.epochs - self._exchange.base.training.stats.epochs)

    @property
    def is_advancing_here(self) -> bool:
        """Whether it is this very thread that tells watches, so that waiting here would never end."""
        return self._thread == get_ident()

    def begin(self) -> bool:
        """Leave the queue; False if it was stopped or cancelled there."""
        return self._wishes.begin()

    def start(self) -> None:
        """Listen to the cell, and publish the status "training"."""
        net = self.atom.value
        self.goal = begun(self.goal, net)
        self._since = net.training.stats.epochs
        self._exchange.begin()
        self.started, self._status = True, "training"
        self._exchange.put(lambda net: with_status(net, "training"))

    def go(self) -> None:
        """Be placed, now that its turn has come."""
        try:
            if not self.begin():
                return
            if not self.started:
                self.start()
            self._home.place(self)
        except BaseException as error:
            self.fail(error)

    def stop(self) -> bool:
        """Ask for a graceful end; return whether there was anything to end."""
        reply = self._wishes.stop()
        if reply is Reply.NOW:
            self._end("stopped")
        elif reply is Reply.SOON:
            self.change_status(("training", "paused"), "stopping")
            if not self._post.tell("stop"):
                self._end("stopped")
        return reply is not Reply.TOO_LATE

    def cancel(self) -> bool:
        """Ask for an end after which nothing more is published; return whether it will come to that."""
        reply = self._wishes.cancel()
        if reply is Reply.NOW or (reply is Reply.SOON and not self._post.tell("cancel")):
            self._cancelled()
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
        self._wishes.close()
        self._settle("failed", CancelledError("the training could not begin"))

    def fail(self, error: BaseException) -> None:
        """End with ``error``."""
        self._end("failed", error)

    @property
    def over(self) -> bool:
        """Whether it has ended, or is about to say so."""
        return self._status not in ("queued", "training")

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

    def placed(self, post: Keeper) -> bool:
        """Go on with a worker, from the newest snapshot; return False if it is over."""
        with self._lock:
            if self._status != "training":
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
                since=self._since,
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
        with self._lock:
            if self._exchange.forget():  # else its end was heard, and is being told
                self._post.vacate()
                self._loss = loss
        self._home.told(self)

    def hear(self, event: Mapping[str, Any], arrays: dict[str, np.ndarray], post: Keeper) -> None:
        """Take in what a worker says, to be told on another thread. Never runs code of users."""
        with self._lock:
            if post is not self.post:
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
            if post is self.post:
                self._exchange.hear_line(line)

    def tell(self) -> None:
        """Do what follows from what was heard. Called by one thread at a time."""
        self._thread = get_ident()
        try:
            with self._lock:
                loss, self._loss = self._loss, None
                news = self._exchange.take()
            if self._status != "training":
                return
            if loss is not None:
                self._bear(loss)
            elif news is not None:
                self._told(news)
        except BaseException as error:  # whatever it is belongs to whoever awaits the run
            self.fail(error)
        finally:
            self._thread = None

    def _bear(self, loss: WorkerLost) -> None:
        """Go on elsewhere after a loss."""
        event = self._losses.bear(loss, self._exchange.base)
        if not self._wishes.cancelled:
            self._exchange.rewind(event)
        if self._goes_on():
            self._home.place(self)

    def _told(self, news: News) -> None:
        there = news.status
        moving = self._post.releasing and news.ended and news.error is None and there == "stopped"
        if news.at:
            self.delay = time() - news.at
        if news.ended or not self._wishes.cancelled:
            self._exchange.merge(news, with_status=not news.ended)
        if news.asked or news.ended:
            with self._lock:
                self._errands.give(self.last)
        fatal = self.telling.fatal
        if news.ended and fatal is not None:
            self._end("failed", fatal)
        elif fatal is not None:
            self._post.tell("cancel")
        elif moving:
            with self._lock:
                self._post.vacate()
                self._loss = None
            if self._goes_on():
                self._home.place(self)
        elif isinstance(news.error, CancelledError):
            self._cancelled()
        elif news.error is not None:
            self._end("failed", news.error)
        elif news.ended:
            self._end(there if there in ("done", "stopped") else "stopped")

    def _goes_on(self) -> bool:
        """End what is not to go on with another worker; return whether it is."""
        net = self._exchange.base
        course = whole(net.training.stats, self._since)
        if self._wishes.cancelled:
            self._cancelled()
        elif self._wishes.stopping:
            self._end("stopped")
        elif course.epochs and net.training.state.position is None and self.goal.met(course):
            self._end("done")  # which the worker could not say any more
        else:
            return True
        return False

    def _edit(self, net: Net, names: list[str], number: int) -> None:
        """Have the worker do what was done to the cell."""
        self._post.edit(net, names, number)

    def _fault(self, error: BaseException) -> None:
        """End with an error, on another thread. Called under the lock."""
        self._post.tell("cancel")
        self._exchange.fault(error)
        self._home.told(self)

    def _cancelled(self) -> None:
        self._end("cancelled", CancelledError("training was cancelled"))

    def _end(self, status: str, error: BaseException | None = None) -> None:
        with self._lock:
            if self.over:
                return
            begun, self._status = self.started, status
            self._wishes.close()
        try:
            if not begun:
                self._exchange.last = self.atom.value
            else:
                self._exchange.put(
                    lambda net: net if net.training.status == status else with_status(net, status)
                )
        except BaseException as failure:  # a validator refuses: the outcome must come all the same
            status, error = "failed", error or failure
        self._settle(status, error)

    def _settle(self, status: str, error: BaseException | None = None) -> None:
        """Let go of the cell and the worker, and tell whoever waits: the outcome comes, whatever goes wrong here."""
        self._status = status
        when_over, self.when_over = self.when_over, lambda: None
        for step in (self._exchange.end, self._give_up, self._leave, when_over):
            try:
                step()
            except BaseException as failure:
                self._status, error = "failed", error or failure
        if error is not None:
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(self.last)
        with self._lock:
            self._errands.end(self.last)

    def _leave(self) -> None:
        with self._lock:
            self._post.vacate()
        self._home.ended(self)

    def _give_up(self) -> None:
        if self._status in ("failed", "cancelled"):
            self._post.tell("cancel")  # in vain, mostly: it is over there
