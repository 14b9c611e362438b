"""The trainer: decides, chunk by chunk, what happens next. No thread and no event loop in here."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from threading import Lock
from time import perf_counter
from typing import Any

from attrs import evolve

from ..atom import Atom
from ..errors import Diverged, WatchError
from ..learner import Edit, Learner
from ..snapshot import Event, Net, Training, with_status
from .publish import Every

CHUNK = 0.05
"""Seconds of work between two looks at the cell."""

log = logging.getLogger("synapse_rx")


class Next(Enum):
    """What a trainer wants after a chunk: to go on, to sleep till `Trainer.when_awake` calls, or nothing more."""

    MORE = "more"
    PAUSED = "paused"
    DONE = "done"


class Trainer:
    """
    Drives a learner in chunks and publishes to the cell; `advance` does one chunk.

    It may be advanced from any thread, one at a time; `stop` and `cancel` may be called from any thread at any time.

    Args:
        atom: The cell to train.
        make: Makes the learner for a snapshot.
        epochs: Complete epochs to learn.
        publish: How often to publish within epochs; None for not at all.
        slot: Held while computing and not while others are told, so that watches never keep other trainings waiting.
        on_diverged: "raise" or "stop" when the loss is no longer finite.
        strict: Let an exception in a watch end the training.

    Attributes:
        outcome: Done when training is over: the last snapshot, or what went wrong.
        watch_errors: What watches raised meanwhile, oldest first.
        epochs_done: Complete epochs learnt.
        run: What `train` returned for it.
    """

    def __init__(
        self,
        atom: Atom[Net],
        make: Callable[[Net], Learner],
        epochs: int,
        *,
        publish: Every | None = None,
        slot: AbstractContextManager[Any] | None = None,
        on_diverged: str = "raise",
        strict: bool = False,
    ) -> None:
        self.atom = atom
        self.epochs = epochs
        self.epochs_done = 0
        self.run: Any = None
        self.outcome: Future[Net] = Future()
        self.watch_errors: list[Exception] = []
        self._make = make
        self._publish_every = publish
        self._slot = slot or nullcontext()
        self._on_diverged = on_diverged
        self._strict = strict
        self._learner: Learner | None = None
        self._seen: Net = atom.value
        self._events: list[Edit] = []
        self._unpublished = 0
        self._published_at = perf_counter()
        self._stopping = False
        self._cancelled = False
        self._waking = Lock()
        self._wake: Callable[[], None] | None = None

    @property
    def started(self) -> bool:
        """Whether training has begun; a queued one waits."""
        return self._learner is not None

    @property
    def last(self) -> Net:
        """The snapshot it published or saw last."""
        return self._seen

    def start(self) -> None:
        """
        Make the learner and publish the status "training".

        Raises:
            SynapseError: If the network cannot be trained so; the cell is unchanged.
        """
        net = self.atom.value
        learner = self._make(net)
        self._seen = net
        while True:
            live = with_status(net, "training")
            if self._set(net, live):
                self._seen = live
                self._learner = learner
                return
            net = self.atom.value
            learner.adopt(self._seen, net)
            self._seen = net

    def advance(self) -> Next:
        """Do one chunk of work and what follows from it. Never raises: the outcome holds what went wrong."""
        try:
            if self._cancelled:
                return self._end("cancelled", CancelledError("training was cancelled"))
            if self._learner is None:
                self.start()
            assert self._learner is not None
            return self._advance(self._learner)
        except Diverged as error:
            if self._on_diverged == "stop":
                log.warning("training stopped: %s", error)
                return self._end("stopped")
            return self._fail(error)
        except BaseException as error:  # whatever it is belongs to whoever awaits the run
            return self._fail(error)

    def stop(self) -> None:
        """Ask for a graceful end with the next chunk."""
        self._stopping = True
        self._awake()

    def cancel(self) -> None:
        """Ask for an end with the next chunk that publishes nothing more."""
        self._cancelled = True
        self._awake()

    def when_awake(self, callback: Callable[[], None]) -> None:
        """Call back once, from any thread, when a paused training has something to do again."""
        with self._waking:
            self._wake = callback
        self.atom.add_watch(self, lambda *_: self._awake_if_resumed())
        self._awake_if_resumed()

    def _advance(self, learner: Learner) -> Next:
        status = self._look(learner).training.status
        if self._stopping or status == "stopping":
            self._publish(learner, "stopped")
            return self._end("stopped")
        if status == "paused":
            return Next.PAUSED
        with self._slot:
            progress = learner.learn(self._seconds_left(), self._batches_left())
        self._unpublished += progress.batches
        if self._cancelled:
            return Next.MORE
        if progress.epoch_done:
            self.epochs_done += 1
            last = self.epochs_done >= self.epochs
            self._publish(learner, "done" if last else None)
            return self._end("done") if last else Next.MORE
        if self._due():
            self._publish(learner)
        return Next.MORE

    def _look(self, learner: Learner) -> Net:
        """Return what the cell holds, after taking over what was edited in it."""
        net = self.atom.value
        if net is not self._seen:
            was, now = self._seen.training.status, net.training.status
            if was != now:
                self._events.append((now, f"was {was}"))
            self._events += learner.adopt(self._seen, net)
            self._seen = net
        return net

    def _publish(self, learner: Learner, status: str | None = None) -> None:
        while True:
            net = self._look(learner)
            if status == "stopped" and not self._unpublished:
                return
            new = _with_events(learner.merge(net), self._events, learner.batch)
            live = net.training.status if net.training.status in Training.LIVE else "training"
            new = with_status(new, status or live)
            if self._set(net, new):
                break
        self._seen = new
        self._events.clear()
        self._unpublished = 0
        self._published_at = perf_counter()

    def _set(self, old: Net, new: Net) -> bool:
        """Compare and set; what watches raise is noted, and the change stands."""
        try:
            return self.atom.compare_and_set(old, new)
        except WatchError as errors:
            self._note(errors)
            return True

    def _note(self, errors: WatchError) -> None:
        known = {(type(error), str(error)) for error in self.watch_errors}
        for error in errors.exceptions:
            if (type(error), str(error)) not in known:
                log.error("a watch failed while training went on", exc_info=error)
            self.watch_errors.append(error)
        if self._strict:
            raise errors

    def _due(self) -> bool:
        every = self._publish_every
        if every is None or not self._unpublished:
            return False
        by_count = every.batches is not None and self._unpublished >= every.batches
        return by_count or (
            every.seconds is not None and perf_counter() - self._published_at >= every.seconds
        )

    def _batches_left(self) -> int | None:
        every = self._publish_every
        return None if every is None or every.batches is None else max(1, every.batches - self._unpublished)

    def _seconds_left(self) -> float:
        every = self._publish_every
        if every is None or every.seconds is None:
            return CHUNK
        return min(CHUNK, max(0.0, self._published_at + every.seconds - perf_counter()))

    def _end(self, status: str, error: BaseException | None = None) -> Next:
        self._forget_waking()
        try:
            net = self._put_status(status)
        except BaseException as failure:  # a validator or a strict watch: the outcome must come all the same
            error = error or failure
            net = self._seen
        if error is None:
            self.outcome.set_result(net)
        else:
            self.outcome.set_exception(error)
        return Next.DONE

    def _fail(self, error: BaseException) -> Next:
        stats = self._seen.training.stats
        batch = getattr(error, "batch", self._learner.batch if self._learner else 0)
        error.add_note(
            f"in epoch {stats.epochs + 1}, batch {batch + 1}; the network keeps what was published last, "
            f"{stats.epochs} complete epochs"
        )
        return self._end("failed", error)

    def _put_status(self, status: str) -> Net:
        while self._seen.training.status != status or self.atom.value is not self._seen:
            net = self.atom.value
            if net.training.status == status:
                return net if status != "done" else self._seen
            new = with_status(net, status)
            if self._set(net, new):
                self._seen = new
        return self._seen

    def _awake_if_resumed(self) -> None:
        if self._stopping or self._cancelled or self.atom.value.training.status != "paused":
            self._awake()

    def _awake(self) -> None:
        with self._waking:
            wake, self._wake = self._wake, None
        if wake is not None:
            self.atom.remove_watch(self)
            wake()

    def _forget_waking(self) -> None:
        with self._waking:
            self._wake = None
        self.atom.remove_watch(self)


def _with_events(net: Net, edits: list[Edit], batch: int) -> Net:
    if not edits:
        return net
    stats = net.training.stats
    events = tuple(Event(stats.epochs, batch, what, detail) for what, detail in edits)
    return evolve(net, training=evolve(net.training, stats=evolve(stats, events=stats.events + events)))
