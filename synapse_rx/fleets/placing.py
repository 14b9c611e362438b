"""Which of a fleet's workers has which run, and what becomes of both."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from threading import RLock

from ..errors import FleetError, UnknownNameError, WorkerLost
from .engine import Engine, Settings
from .keeper import Keeper
from .lines import without_lines
from .messages import unpack
from .mirror import Mirror
from .roster import Roster
from .shelf import Shelf
from .staff import Staff
from .tellers import Tellers

log = logging.getLogger("synapse_rx")


class Placing:
    """
    Gives runs to workers, moves them when workers come and go, and has each hear what its worker says.

    Args:
        engine: What starts workers.
        settings: What each is told first, given the folder of the shelf.
        heartbeat: Seconds of silence after which one is taken for lost.
        replace: Whether another one is started for one that is lost.
        wake: Called when there may be something to look after.

    Attributes:
        lock: Held while runs and workers are brought together; no code of users runs under it.
        is_open: Whether runs may enter.
        serves: Whether all workers that were there to begin with have begun, and none is to end yet.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Callable[[str | None], Settings],
        heartbeat: float,
        replace: bool,
        wake: Callable[[], None],
    ) -> None:
        self.lock = RLock()
        self.is_open = False
        self.serves = False
        self.shelf = Shelf(engine.shares_files)
        self.roster: Roster[Keeper, Mirror] = Roster()
        self.staff = Staff(engine, lambda: settings(self.shelf.folder), heartbeat, self, self.lock)
        self._replace = replace
        self._wake = wake
        self._tellers = Tellers()
        self._mirrors: dict[int, Mirror] = {}

    @property
    def runs(self) -> list[Mirror]:
        """All that are not over."""
        with self.lock:
            return list(self._mirrors.values())

    @property
    def workers(self) -> dict[str, Keeper]:
        """Those that take runs, by name, in the order in which they came."""
        with self.lock:
            return {keeper.name: keeper for keeper in self.roster.workers}

    def enter(self, mirror: Mirror) -> bool:
        """Take in a run, which is placed when its turn comes; return whether runs may enter."""
        with self.lock:
            if self.is_open:
                self._mirrors[mirror.number] = mirror
            return self.is_open

    def dismiss(self, worker: str | None) -> Future[str]:
        """
        Let a worker go, the last one that came if it is not named.

        Raises:
            UnknownNameError: If there is none of that name.
            FleetError: If it is the only one.
        """
        with self.lock:
            keepers = self.workers
            if worker is not None and worker not in keepers:
                raise UnknownNameError.of("worker", worker, keepers)
            if len(keepers) < 2:
                raise FleetError(
                    "this is the last worker; close the fleet to end it, or add another one first"
                )
            keeper = keepers[worker or list(keepers)[-1]]
            gone = self.staff.dismiss(keeper)
            for mirror in self.roster.leave(keeper):
                mirror.release()
        self._wake()
        return gone

    def look(self, now: float, excused: bool) -> None:
        """Give up workers that are silent, and let those end that may."""
        self.staff.look(now, {mirror.post for mirror in self.runs}, excused)

    def place(self, mirror: Mirror) -> None:
        """Give a run to a worker, or have it wait for one; it fails if that cannot be. For runs."""
        failure: Exception | None = None
        with self.lock:
            if mirror.number not in self._mirrors:
                return
            keeper = self.roster.place(mirror)
            if keeper is not None:
                try:
                    keeper.place(mirror.data, lambda: self.shelf.message(mirror.data))
                    mirror.placed(keeper)
                except Exception as error:
                    failure = error
            elif not self.staff.to_come:
                failure = WorkerLost("there is no worker left, and none can be started")
        if failure is not None:
            mirror.fail(failure)
        self._wake()

    def told(self, mirror: Mirror) -> None:
        """Have a run tell what it heard. For runs."""
        self._tellers.put(mirror)

    def ended(self, mirror: Mirror) -> None:
        """Forget a run that is over. For runs."""
        with self.lock:
            self._mirrors.pop(mirror.number, None)
            self.roster.forget(mirror)
        self._wake()

    def joined(self, keeper: Keeper) -> None:
        """Take in a worker that has begun. For workers."""
        with self.lock:
            tell = self.staff.joined(keeper)
            waiting, back = self.roster.join(keeper)
            for mirror in back:
                mirror.release()
        for mirror in waiting:
            self.place(mirror)
        log.info("%s takes trainings", keeper.name)
        tell()
        self._wake()

    def heard(self, keeper: Keeper, message: bytes) -> None:
        """Take in what a worker says. For workers."""
        lines, rest = without_lines(message)
        heard: list[Mirror] = []
        for line in lines:
            if (mirror := self._mirrors.get(line.run)) is not None:
                mirror.hear_line(line, keeper)
                heard.append(mirror)
        if rest:
            data, arrays = unpack(rest)
            for event in data["events"]:
                if (mirror := self._mirrors.get(event["run"])) is not None:
                    mirror.hear(event, arrays, keeper)
                    heard.append(mirror)
        self._tellers.put(*heard)

    def left(self, keeper: Keeper, why: BaseException | None) -> None:
        """Place the runs of a worker anew that is gone. For workers."""
        with self.lock:
            loss = why if isinstance(why, WorkerLost) else WorkerLost(f"{keeper.name} is gone")
            wanted, tell = self.staff.left(keeper, why or loss)
            self.roster.leave(keeper)
            runs = [mirror for mirror in self._mirrors.values() if mirror.post is keeper]
            if self.serves and wanted and self._replace and self.staff.hopeful:
                self.staff.start()
            for mirror in runs:
                mirror.lost(loss)
            stuck = [] if self.staff.to_come or self.roster.workers else list(self.roster.waiting)
        if why is not None and self.is_open:
            log.warning("%s%s", why, f"; {len(runs)} training(s) go on elsewhere" if runs else "")
        for mirror in stuck:
            mirror.fail(WorkerLost(f"there is no worker left, and none can be started: {why}"))
        tell()
        self._wake()
