"""What training a population returns: a task for all of its trainings."""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Callable, Mapping
from weakref import WeakSet, ref

from ..trainer.outcome_task import OutcomeTask
from .fleet import MemberRun
from .stream import NewsStream
from .trainings import Outcome, Trainings

RUNS: WeakSet[PopulationRun] = WeakSet()
"""Every run that somebody still holds."""


class PopulationRun(OutcomeTask[Outcome]):
    """
    The training of a population under way.

    An `asyncio.Task`, to be awaited, gathered, cancelled and waited for as a `TrainingRun` is; its result is a mapping
    of the last snapshots by name, in the order in which the trainings ended. A member that fails takes no other with
    it: when all are over, the failures are raised together as `PopulationError`.

    ``async for news in run`` streams what happened to all members since the beginning, until the last is through.
    """

    def __init__(
        self,
        trainings: Trainings,
        news: Callable[[], NewsStream],
        *,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._trainings = trainings
        self._news = news
        super().__init__(trainings.outcome, trainings.cancel, loop=loop, name="synapse-rx-population")
        RUNS.add(self)

    @property
    def live(self) -> Mapping[str, MemberRun]:
        """The runs of the members that are being trained, by name."""
        return self._trainings.live

    @property
    def queued(self) -> tuple[str, ...]:
        """The names of those that wait for their turn."""
        return self._trainings.waiting

    @property
    def failures(self) -> Mapping[str, Exception]:
        """What ended the trainings that failed so far, by name."""
        return self._trainings.failures

    def stop(self) -> bool:
        """
        End all trainings gracefully with the next chunk of work; those that wait for their turn do not begin.

        Returns:
            Whether there was anything left to stop.
        """
        return self._trainings.stop()

    def __aiter__(self) -> NewsStream:
        stream = self._news()
        # Weakly: a reader that breaks off is to be gone at once, not with the end of the run.
        known = ref(stream)

        def end(_: object) -> None:
            if (open_stream := known()) is not None:
                open_stream.end()

        self.when_over(end)
        return stream

    def __repr__(self) -> str:
        all_, live, queued = self._trainings, len(self.live), len(self.queued)
        return f"<PopulationRun {all_.ended} over, {live} training, {queued} queued>"

    def _would_wait_for_itself(self) -> bool:
        # A watch on a member's own thread: that member could not end.
        return any(getattr(run, "_would_wait_for_itself", bool)() for run in self.live.values())


@atexit.register  # runs before what stops the trainings themselves, which was registered earlier
def _at_exit() -> None:
    for run in list(RUNS):
        run.stop()
