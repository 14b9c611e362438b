"""The worker where a run is, and what is sent there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from ..errors import SynapseError, WorkerLost
from ..snapshot import Net
from .keeper import Keeper, Order
from .orders import to_do, to_edit

log = logging.getLogger("synapse_rx")


class Post:
    """
    Sends what a run has for its worker, whichever that is, and knows which answers are still about the run there.

    Args:
        run: The number of the run.
        lock: The run's lock.
        refused: Called, under the lock, with what a worker refused to do.

    Attributes:
        keeper: The worker; None if the run is nowhere.
        stints: How often the run was placed or lost.
        releasing: Whether the worker is to give it back.
    """

    def __init__(
        self, run: int, lock: AbstractContextManager[Any], refused: Callable[[BaseException], None]
    ) -> None:
        self.keeper: Keeper | None = None
        self.stints = 0
        self.releasing = False
        self._run = run
        self._lock = lock
        self._refused = refused

    def begin(self, keeper: Keeper, order: Callable[[], bytes], data: int) -> None:
        """Be with another worker, which is told to train."""
        self.stints += 1
        self.keeper, self.releasing = keeper, False
        keeper.send(Order(order, self._answer(), data))

    def vacate(self) -> None:
        """Be nowhere; what the worker still answers is of no interest."""
        self.stints += 1
        self.keeper, self.releasing = None, False

    def release(self) -> None:
        """Have the worker give the run back."""
        self.releasing = self.tell("stop")

    def tell(self, what: str) -> bool:
        """Have the worker do something to the run, such as "cancel"; return False if it is with none."""
        with self._lock:
            if self.keeper is None:
                return False
            self.keeper.send(Order(partial(to_do, what, self._run)))
            return True

    def edit(self, net: Net, names: list[str], number: int) -> None:
        """Have the worker do what was done to the cell."""
        if self.keeper is not None:
            note = f"an edit of {', '.join(names)} cannot be sent, or is refused there"
            self.keeper.send(Order(partial(to_edit, self._run, net, names, number), self._answer(note)))

    def _answer(self, note: str | None = None) -> Callable[[BaseException | None], None]:
        """Return what takes the answer of the present worker."""
        stint = self.stints

        def answer(error: BaseException | None) -> None:
            if error is None or isinstance(error, WorkerLost):  # of which the run hears in another way
                return
            if note is not None:
                if not isinstance(error, SynapseError):
                    return log.debug("an edit did not reach its worker", exc_info=error)
                error.add_note(note)
            with self._lock:
                if stint == self.stints:
                    self._refused(error)

        return answer
