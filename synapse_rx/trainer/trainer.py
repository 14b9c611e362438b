"""The trainer: decides, chunk by chunk, what happens next. No thread and no event loop in here."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from threading import get_ident
from typing import Any

from ..atoms import Atom
from ..errors import Diverged
from ..learner import Learner
from ..snapshot import Net, Training, with_status
from ..stopping import Condition
from .nap import Nap
from .next import Next
from .publish import Every
from .story import Story
from .telling import Telling
from .wishes import Reply, Wishes

CHUNK = 0.05
"""Seconds of work between two looks at the cell."""

log = logging.getLogger("synapse_rx")


class Trainer:
    """
    Drives a learner in chunks and publishes to the cell.

    It waits until `begin`, then each `advance` does one chunk. It may be advanced from any thread, one at a time;
    `stop`, `cancel` and `change_status` may be called from any thread at any time.

    Args:
        atom: The cell to train.
        make: Makes the learner for a snapshot.
        goal: When it is over.
        publish: How often to publish within epochs; None for not at all.
        slot: Held while computing and not while others are told, so that watches never keep other trainings waiting.
        chunk: Seconds of work between two looks at the cell.
        on_diverged: "raise" or "stop" when the loss is no longer finite.
        strict: Let an exception in a watch end the training.

    Attributes:
        outcome: Done when training is over: the last snapshot, or what went wrong.
        telling: Its voice to the cell, which knows what watches raised.
        started: Whether training ever began; a queued one waits, and may end so.
        when_over: Called right before the outcome is there.
        hurry: Called when it was asked for something that it can do at once, on its next turn.
        before_waiting: Called when a thread is about to wait for it.
        error: What it ended with, before anybody is told; None if nothing went wrong.
    """

    def __init__(
        self,
        atom: Atom[Net],
        make: Callable[[Net], Learner],
        goal: Condition,
        *,
        publish: Every | None = None,
        slot: AbstractContextManager[Any] | None = None,
        chunk: float = CHUNK,
        on_diverged: str = "raise",
        strict: bool = False,
    ) -> None:
        self.atom = atom
        self.outcome: Future[Net] = Future()
        self.when_over: Callable[[], None] = lambda: None
        self.hurry: Callable[[], None] = lambda: None
        self.before_waiting: Callable[[], None] = lambda: None
        self.telling = Telling(atom, strict=strict)
        self._make: Callable[[Net], Learner] | None = make
        self._learner: Learner | None = None
        self._slot = slot or nullcontext()
        self._chunk = chunk
        self._on_diverged = on_diverged
        self.error: BaseException | None = None
        self._status = "queued"
        self.started = False
        self._wishes = Wishes()
        self._story = Story(atom, self.telling, self._wishes, goal, publish)
        self._nap = Nap(atom, self._has_to_wake)
        self._when_ready: Callable[[Callable[[], None]], object] | None = None
        self._thread: int | None = None
        self._broken: Exception | None = None  # what kept it from being woken

    @property
    def goal(self) -> Condition:
        """When it is over."""
        return self._story.goal

    @property
    def last(self) -> Net:
        """The snapshot it published or saw last."""
        return self._story.last

    @property
    def epochs_done(self) -> int:
        """Complete epochs learnt."""
        return self._story.epochs_done

    @property
    def status(self) -> str:
        """ "queued", or the status of the training, which may have ended while others go on with the cell."""
        live = self.atom.value.training.status
        return live if self._status == "training" and live in Training.LIVE else self._status

    @property
    def is_advancing_here(self) -> bool:
        """Whether it is this very thread that computes or tells watches, so that waiting here would never end."""
        return self._thread == get_ident()

    def begin(self) -> bool:
        """Leave the queue; False if it was stopped or cancelled there."""
        return self._wishes.begin()

    def start(self) -> None:
        """
        Make the learner and publish the status "training".

        Raises:
            SynapseError: If the network cannot be trained so; the cell is unchanged.
        """
        assert self._make is not None
        net, learner = self._story.prepare(self._make)
        self._learner, self._status, self.started = learner, "training", True
        self._story.begin(net, learner)

    def advance(self, most: float | None = None) -> Next:
        """
        Do one chunk of work, of ``most`` seconds at most, and what follows from it.

        Never raises: the outcome holds what went wrong.
        """
        self._thread = get_ident()
        try:
            if self._wishes.over:
                return Next.DONE
            if self._wishes.cancelled:
                return self._end("cancelled", CancelledError("training was cancelled"))
            if self._learner is None:
                self.start()
            assert self._learner is not None
            return self._advance(self._learner, self._chunk if most is None else min(most, self._chunk))
        except Diverged as error:
            self._story.note(error.batch, "diverged", str(error))
            if self._on_diverged == "stop":
                log.warning("training stopped: %s", error)
                return self._end("stopped")
            return self.fail(error)
        except BaseException as error:  # whatever it is belongs to whoever awaits the run
            return self.fail(error)
        finally:
            self._thread = None

    def stop(self) -> bool:
        """Ask for a graceful end with the next chunk; return whether there was anything to end."""
        reply = self._wishes.stop()
        if reply is Reply.NOW:
            self._story.last = self.atom.value
            self._settle("stopped")
        elif reply is Reply.SOON:
            self._nap.end()
            self.change_status(("training", "paused"), "stopping")
            self.hurry()
        return reply is not Reply.TOO_LATE

    def cancel(self) -> bool:
        """Ask for an end with the next chunk that publishes nothing more; return whether it will come to that."""
        reply = self._wishes.cancel()
        if reply is Reply.NOW:
            self._settle("cancelled", CancelledError("training was cancelled before it began"))
        elif reply is Reply.SOON:
            self._nap.end()
            self.hurry()
        return reply is not Reply.TOO_LATE

    def change_status(self, present: Collection[str], wanted: str) -> bool:
        """Put the status ``wanted`` into the cell if this training is live and has one of ``present``."""
        while True:
            net = self.atom.value
            # In this order: once it is over, the status read before is not the cell's any more.
            if self._learner is None or self._wishes.over or net.training.status not in present:
                return False
            if self.telling.put(net, with_status(net, wanted)):
                return True

    def when_awake(self, callback: Callable[[], None]) -> None:
        """Call back once, from any thread, when a training that is paused or lacks data has something to do again."""
        when_ready = self._when_ready
        self._nap.begin(callback)
        if when_ready is not None:
            try:
                when_ready(self._nap.end)
            except Exception as error:
                self._broken = error
                self._nap.end()

    def fail(self, error: BaseException) -> Next:
        """End with ``error``, noting where it happened."""
        stats = self.last.training.stats
        batch = getattr(error, "batch", self._learner.batch if self._learner else 0)
        error.add_note(
            f"in epoch {stats.epochs + 1}, batch {batch + 1}; the network keeps what was published last, "
            f"{stats.epochs} complete epochs"
        )
        return self._end("failed", error)

    def abandon(self) -> None:
        """Forget a training whose start failed: it is over, nothing is published, nobody is told."""
        self._wishes.close()
        self._settle("failed", CancelledError("the training could not begin"))

    def _advance(self, learner: Learner, seconds: float) -> Next:
        story = self._story
        story.check_strict()
        if self._broken is not None:
            raise self._broken
        self._when_ready = None
        status = story.look(learner).training.status
        if self._wishes.stopping or status == "stopping":
            if story.pace.unpublished:
                story.publish(learner, "stopped")
            return self._end("stopped")
        if status == "paused":
            return Next.PAUSED
        with self._slot:
            if self._wishes.cancelled:  # while it waited for the slot
                return Next.MORE
            progress = learner.learn(story.pace.seconds_left(seconds), story.pace.batches_left())
        story.epoch_done = progress.epoch_done
        story.pace.unpublished += progress.batches
        if self._wishes.cancelled:
            return Next.MORE
        if progress.epoch_done or story.pace.is_due():
            story.publish(learner)
        if story.reached:
            return self._end("done")
        if progress.exhausted:
            story.note(learner.batch, "data", "there are no more")
            return self._end("stopped")
        self._when_ready = progress.when_ready
        return Next.MORE if progress.when_ready is None else Next.PAUSED

    def _end(self, status: str, error: BaseException | None = None) -> Next:
        try:
            self._story.end(status)
        except BaseException as failure:  # a validator or a watch: the outcome must come all the same
            status, error = "failed", error or failure
        if error is None and self.telling.fatal is not None:
            return self._end("failed", self.telling.fatal)
        if not self._wishes.close(cancelled=error is not None):  # cancelled while the end was told
            return self._end("cancelled", CancelledError("training was cancelled"))
        self._settle(status, error)
        return Next.DONE

    def _settle(self, status: str, error: BaseException | None = None) -> None:
        """Let go of the working memory and the data, and tell whoever waits. Only who made it over may call this."""
        self._status, self.error = status, error
        learner, self._make, self._learner = self._learner, None, None
        if learner is not None:
            self._close(learner)
        # Forgotten before it is called: it knows the run, which is to go away, and to be heard of, with its last user.
        when_over, self.when_over = self.when_over, lambda: None
        self.hurry = self.before_waiting = lambda: None
        when_over()
        if error is not None:
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(self.last)

    def _close(self, learner: Learner) -> None:
        try:
            learner.close()
        except Exception:  # the training is over, and its outcome does not hang on this
            log.exception("what a training learnt from could not be closed")

    def _has_to_wake(self) -> bool:
        if self._wishes.stopping or self._wishes.cancelled:
            return True
        net = self.atom.value
        return net.training.status != "paused" if self._when_ready is None else net is not self.last
