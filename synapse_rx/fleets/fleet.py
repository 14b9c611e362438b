"""Many trainings in processes elsewhere, on an engine; cells here mirror them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import count
from threading import Event
from types import TracebackType
from typing import Any, Self

from attrs import evolve

from ..atoms import Atom
from ..data import TrainingSet
from ..data.options import check_choice
from ..errors import FleetError, OptionError
from ..snapshot import Net
from ..stopping import Condition
from ..trainer.lifetime import RUNS
from ..trainer.lines import Turn
from ..trainer.loops import made_on_a_loop
from ..trainer.phases import check_turns
from ..trainer.publish import Every, publication
from ..trainer.train import check_net, check_process, goal_of, launch
from .answer import Answer
from .engine import Engine, Settings
from .life import Life
from .mirror import Mirror
from .placing import Placing
from .run import RemoteRun


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
        self._snapshots = snapshots
        wake = Event()
        self._placing = Placing(
            engine, lambda folder: evolve(settings, folder=folder), heartbeat, replace, wake.set
        )
        self._life = Life(engine, self._placing, processes, heartbeat, wake)
        self._numbers = count(1)

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of the workers that take trainings now."""
        return tuple(self._placing.workers)

    @property
    def live(self) -> int:
        """How many trainings are under way, those that wait for a worker included."""
        return len(self._placing.runs)

    def open(self) -> Answer[None]:
        """
        Start the engine and all workers; there when all have begun. The ``with`` blocks do this.

        Raises:
            FleetError: If it was opened before.
        """
        self._life.begin()
        return Answer(self._life.opened)

    def close(self, *, cancel: bool = False) -> Answer[None]:
        """
        End all trainings, gracefully unless they are to be cancelled, then the workers, then the engine.

        The ``with`` blocks do this at their end; one that ends by an exception cancels.
        """
        self._life.end(cancel=cancel)
        return Answer(self._life.closed)

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
        key = self._placing.shelf.key(data)
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
            home=self._placing,
        )
        if not self._placing.enter(mirror):
            raise FleetError(f"this fleet is {self._life.state}; trainings begin within its `with` block")
        name = f"synapse-rx-fleet-{mirror.number}"
        run = made_on_a_loop(lambda loop: RemoteRun(mirror, loop=loop, name=name))
        RUNS.add(run)
        launch(Turn(mirror, run, mirror.go), if_running)  # pyright: ignore[reportArgumentType]
        return run

    def add(self) -> Answer[str]:
        """Start one more worker; there when it takes trainings, and some of the others' move to it. Gives its name."""
        return Answer(self._life.start_worker())

    def remove(self, worker: str | None = None) -> Answer[str]:
        """
        Let a worker go; there when its trainings are with others, and it is about to end. Gives its name.

        Args:
            worker: Its name; None for the one that came last.

        Raises:
            UnknownNameError: If there is none of that name.
            FleetError: If it is the last one.
        """
        return Answer(self._placing.dismiss(worker))

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
        n = len(self.workers)
        return f"<Fleet of {n} {self.engine.name} worker{'s' * (n != 1)}, {self.live} training, {self._life.state}>"


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
