"""Many trainings in processes elsewhere, on an engine; cells here mirror them."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from itertools import count
from threading import Event, RLock, Thread
from time import monotonic
from types import TracebackType
from typing import Any, Self
from weakref import WeakSet

from attrs import evolve

from ..atoms import Atom
from ..data import TrainingSet
from ..data.options import check_choice
from ..errors import FleetError, OptionError, UnknownNameError, WorkerLost
from ..snapshot import Net
from ..stopping import Condition
from ..trainer.lifetime import RUNS
from ..trainer.lines import Turn
from ..trainer.loops import made_on_a_loop
from ..trainer.phases import check_turns
from ..trainer.publish import Every, publication
from ..trainer.train import check_net, check_process, goal_of, launch
from .answer import Answer, promise
from .engine import Engine, Settings
from .keeper import Keeper
from .lines import without_lines
from .messages import unpack
from .mirror import Mirror
from .roster import Roster
from .run import RemoteRun
from .shelf import Shelf
from .staff import Staff
from .tellers import Tellers

CLOSING_SECONDS = 10.0
"""How long closing waits for trainings to give their last snapshots."""

FLEETS: WeakSet[Fleet] = WeakSet()
"""Every fleet that is open."""

log = logging.getLogger("synapse_rx")


class Fleet:
    """
    Worker processes that train networks. Made by `fleet`, to be used in a ``with`` or an ``async with`` block.

    All methods may be called from any thread, and none of them waits.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        processes: int,
        *,
        heartbeat: float,
        snapshots: bool,
        replace: bool,
    ) -> None:
        self.engine = engine
        self._settings = settings
        self._processes = processes
        self._heartbeat = heartbeat
        self._snapshots = snapshots
        self._replace = replace
        self._lock = RLock()
        self._shelf = Shelf(engine.shares_files)
        self._tellers = Tellers()
        self._roster: Roster[Keeper, Mirror] = Roster()
        self._mirrors: dict[int, Mirror] = {}
        self._numbers = count(1)
        self._staff = Staff(engine, self._settings_now, heartbeat, self, self._lock)
        self._state = "new"
        self._wake = Event()
        self._opened: Future[None] = promise()
        self._closed: Future[None] = promise()
        self._cancel = False

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of the workers that take trainings now."""
        with self._lock:
            return tuple(keeper.name for keeper in self._roster.workers)

    @property
    def live(self) -> int:
        """How many trainings are under way, those that wait for a worker included."""
        return len(self._mirrors)

    def open(self) -> Answer[None]:
        """
        Start the engine and all workers; there when all have begun. The ``with`` blocks do this.

        Raises:
            FleetError: If it was opened before.
        """
        with self._lock:
            if self._state != "new":
                raise FleetError(f"this fleet is {self._state}; make another one")
            self._state = "open"
        FLEETS.add(self)
        Thread(target=self._keep, name="synapse-rx-fleet", daemon=True).start()
        return Answer(self._opened)

    def close(self, *, cancel: bool = False) -> Answer[None]:
        """
        End all trainings, gracefully unless they are to be cancelled, then the workers, then the engine.

        The ``with`` blocks do this at their end; one that ends by an exception cancels.
        """
        with self._lock:
            self._cancel |= cancel
            if self._state == "new":
                self._closed.set_result(None)
            if self._state in ("new", "open"):
                self._state = "closing"
        self._wake.set()
        return Answer(self._closed)

    def train(
        self,
        net: Atom[Net],
        data: TrainingSet,
        epochs: int | Condition | Sequence[tuple[int, Mapping[str, Any]]],
        *,
        snapshots: bool | None = None,
        backend: str | None = None,
        device: int | None = None,
        publish: str | Every = "epoch",
        if_running: str = "raise",
        on_diverged: str = "raise",
        strict: bool = False,
        blas_threads: int | None = None,
        switch_interval: float | None = None,
    ) -> RemoteRun:
        """
        Train a network in a worker: check everything, return at once.

        The cell given is the one to watch and to steer, as with `synapse_rx.train`: statistics come at most ``rate``
        times a second, parameters with checkpoints, on demand and at the end. Options not named here are those of
        `synapse_rx.train`.

        Args:
            net: The cell of the network.
            data: What to learn. It is sent to each process once, however many networks learn it.
            epochs: As for `synapse_rx.train`.
            snapshots: Whether parameters come with everything that is published; None for what the fleet was made with.
            backend: A backend by name.

        Raises:
            AlreadyTraining: If the network is in training and ``if_running`` is "raise".
            OptionError: If an option is out of range, or something cannot be sent to another process.
            SynapseError: If the network cannot learn these data.
            FleetError: If the fleet is not open.
        """
        every = publication(publish)
        check_net(net)
        check_choice("if_running", if_running, ("raise", "queue", "replace"))
        check_choice("on_diverged", on_diverged, ("raise", "stop", "ignore"))
        check_process(blas_threads, switch_interval)
        if backend is not None and not isinstance(backend, str):
            raise OptionError(f"in a fleet backend= is a name, such as 'numpy', not {backend!r}")
        goal = goal_of(epochs)
        key = self._shelf.key(data)
        check_turns(goal, net.value, data)
        options = {
            "backend": backend,
            "device": device,
            "publish": None if every is None else {"batches": every.batches, "seconds": every.seconds},
            "on_diverged": on_diverged,
            "blas_threads": blas_threads,
            "switch_interval": switch_interval,
        }
        mirror = Mirror(
            next(self._numbers),
            net,
            key,
            goal,
            options,
            snapshots=self._snapshots if snapshots is None else snapshots,
            strict=strict,
            home=self,
        )
        with self._lock:
            if self._state != "open":
                raise FleetError(f"this fleet is {self._state}; trainings begin within its `with` block")
            self._mirrors[mirror.number] = mirror
        name = f"synapse-rx-fleet-{mirror.number}"
        run = made_on_a_loop(lambda loop: RemoteRun(mirror, loop=loop, name=name))
        RUNS.add(run)
        launch(Turn(mirror, run, mirror.go), if_running)  # pyright: ignore[reportArgumentType]
        return run

    def add(self) -> Answer[str]:
        """Start one more worker; there when it takes trainings, and some of the others' move to it. Gives its name."""
        with self._lock:
            if self._state != "open":
                raise FleetError(f"this fleet is {self._state}")
            return Answer(self._staff.start())

    def remove(self, worker: str | None = None) -> Answer[str]:
        """
        Let a worker go; there when its trainings are with others, and it is about to end. Gives its name.

        Args:
            worker: Its name; None for the one that came last.

        Raises:
            UnknownNameError: If there is none of that name.
            FleetError: If it is the last one.
        """
        with self._lock:
            keepers = {keeper.name: keeper for keeper in self._roster.workers}
            if worker is not None and worker not in keepers:
                raise UnknownNameError.of("worker", worker, keepers)
            if len(keepers) < 2:
                raise FleetError(
                    "this is the last worker; close the fleet to end it, or add another one first"
                )
            keeper = keepers[worker or list(keepers)[-1]]
            gone = self._staff.dismiss(keeper)
            runs = self._roster.leave(keeper)
            for mirror in runs:
                mirror.release()
        self._wake.set()
        return Answer(gone)

    def place(self, mirror: Mirror) -> None:
        """Give a run to a worker, or have it wait for one; it fails if that cannot be. For runs."""
        failure: Exception | None = None
        with self._lock:
            if mirror.number not in self._mirrors:
                return
            keeper = self._roster.place(mirror)
            if keeper is not None:
                try:
                    keeper.place(mirror.data, lambda: self._shelf.message(mirror.data))
                    mirror.placed(keeper)
                except Exception as error:
                    failure = error
            elif not self._staff.to_come:
                failure = WorkerLost("there is no worker left, and none can be started")
        if failure is not None:
            mirror.fail(failure)
        self._wake.set()

    def told(self, mirror: Mirror) -> None:
        """Have a run tell what it heard. For runs."""
        self._tellers.put(mirror)

    def ended(self, mirror: Mirror) -> None:
        """Forget a run that is over. For runs."""
        with self._lock:
            self._mirrors.pop(mirror.number, None)
            self._roster.forget(mirror)
        self._wake.set()

    def joined(self, keeper: Keeper) -> None:
        """Take in a worker that has begun. For workers."""
        with self._lock:
            tell = self._staff.joined(keeper)
            waiting, back = self._roster.join(keeper)
            for mirror in back:
                mirror.release()
        for mirror in waiting:
            self.place(mirror)
        log.info("%s takes trainings", keeper.name)
        tell()
        self._wake.set()

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
        with self._lock:
            loss = why if isinstance(why, WorkerLost) else WorkerLost(f"{keeper.name} is gone")
            wanted, tell = self._staff.left(keeper, why or loss)
            self._roster.leave(keeper)
            runs = [mirror for mirror in self._mirrors.values() if mirror.post is keeper]
            serves = self._state == "open" and self._opened.done()
            if serves and wanted and self._replace and self._staff.hopeful:
                self._staff.start()
            for mirror in runs:
                mirror.lost(loss)
            stuck = [] if self._staff.to_come or self._roster.workers else list(self._roster.waiting)
        if why is not None and self._state == "open":
            log.warning("%s%s", why, f"; {len(runs)} training(s) go on elsewhere" if runs else "")
        for mirror in stuck:
            mirror.fail(WorkerLost(f"there is no worker left, and none can be started: {why}"))
        tell()
        self._wake.set()

    def __enter__(self) -> Self:
        try:
            self.open().result()
        except BaseException:
            self.close(cancel=True).result()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close(cancel=kind is not None).result()

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await _whatever_comes(self.close(cancel=True))
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        await _whatever_comes(self.close(cancel=kind is not None))

    def __repr__(self) -> str:
        n = len(self._roster.workers)
        return (
            f"<Fleet of {n} {self.engine.name} worker{'s' * (n != 1)}, {self.live} training, {self._state}>"
        )

    def _settings_now(self) -> Settings:
        return evolve(self._settings, folder=self._shelf.folder)

    def _keep(self) -> None:
        """Live as long as the engine does: open it, look after workers, close it."""
        try:
            self.engine.open()
        except BaseException as error:
            self._state = "closed"
            self._opened.set_exception(error)
            self._closed.set_result(None)
            FLEETS.discard(self)
            return
        try:
            starts = [self._staff.start() for _ in range(self._processes)]
            self._staff.wait_for(starts, lambda: self._state == "open")
            self._opened.set_result(None)
        except BaseException as error:
            self._opened.set_exception(error)
        self._look_after()
        try:
            self._end()
        finally:
            self._state = "closed"
            FLEETS.discard(self)
            self._closed.set_result(None)

    def _look_after(self) -> None:
        """Have workers looked after until the fleet is closed."""
        tick = min(1.0, self._heartbeat / 4)
        before = monotonic()
        while self._state == "open":
            self._wake.wait(tick)
            self._wake.clear()
            now = monotonic()
            with self._lock:
                busy = {mirror.post for mirror in self._mirrors.values()}
            self._staff.look(now, busy, excused=now - before > 3 * tick)
            before = now

    def _end(self) -> None:
        mirrors = list(self._mirrors.values())
        for mirror in mirrors:
            mirror.cancel() if self._cancel else mirror.stop()
        wait([mirror.outcome for mirror in mirrors], CLOSING_SECONDS)
        keepers = self._staff.end()
        for mirror in list(self._mirrors.values()):
            mirror.fail(WorkerLost("the fleet was closed before this training had ended"))
        self.engine.close()
        for keeper in keepers:
            keeper.join(CLOSING_SECONDS)
        self._shelf.clear()


async def _whatever_comes(closing: Answer[None]) -> None:
    """Wait for the end even if the task that waits is cancelled, and be cancelled then."""
    cancelled: asyncio.CancelledError | None = None
    while not closing.done():
        try:
            await closing
        except asyncio.CancelledError as error:
            cancelled = cancelled or error
    if cancelled is not None:
        raise cancelled


@atexit.register
def _at_exit() -> None:
    closing = [fleet.close() for fleet in list(FLEETS)]
    for one in closing:
        with suppress(TimeoutError):
            one.result(CLOSING_SECONDS)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=FLEETS.clear)
