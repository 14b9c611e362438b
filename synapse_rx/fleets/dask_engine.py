"""The engine "dask": each worker is an actor that has a Dask worker's process to itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import Any

from ..errors import FleetError, MissingExtraError, WorkerLost
from .engine import Settings

START_SECONDS = 60.0
"""Seconds that a worker may take to begin."""


class DaskEngine:
    """
    Starts a Dask cluster on this machine, bound to the loopback interface and without dashboard; or joins what runs.

    Whoever can reach a Dask scheduler can run anything on its workers: beyond loopback, trusted networks only.

    Args:
        address: The scheduler of a cluster that runs already; None for one on this machine that ends with the fleet.
            Each of its workers that has none yet gets one of the fleet's.
    """

    name = "dask"
    shares_files = False

    def __init__(self, address: str | None = None) -> None:
        try:
            import distributed  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise MissingExtraError(
                "the engine 'dask' needs the package distributed: pip install 'synapse-rx[dask]'"
            ) from error
        self._dask: Any = distributed
        self._address = address
        self._cluster: Any = None
        self._client: Any = None
        self._taken: set[Any] = set()
        self._wanted = 0
        self._lock = Lock()

    def open(self) -> None:
        """Connect."""
        try:
            if self._address is None:
                self._cluster = self._dask.LocalCluster(
                    n_workers=0,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    dashboard_address=None,
                    silence_logs=50,
                )
            self._client = self._dask.Client(self._cluster or self._address, set_as_default=False)
        except Exception as error:
            raise FleetError(f"Dask cannot be started: {error}") from error

    def start(self, settings: Settings) -> DaskWorker:
        """Start an actor on a worker that has none, and wait until it is ready."""
        address, name = self._free_worker()
        try:
            with self._client.as_current():
                future = self._client.submit(
                    Actor,
                    settings.to_data(),
                    actor=True,
                    workers=[address],
                    pure=False,
                    allow_other_workers=False,
                )
                actor = future.result(timeout=START_SECONDS)
        except Exception as error:
            raise FleetError(f"Dask could not start a worker at {address}: {error}") from error
        return DaskWorker(self, self._client, address, name, actor)

    def close(self) -> None:
        """Leave the cluster, and end it if it was started here."""
        if self._client is not None:
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def end(self, name: Any) -> None:
        """End a worker of the cluster that was started here; of another one, leave it."""
        if self._cluster is not None:
            with self._lock:
                self._wanted -= 1
                # By its name, which that has as well by which Dask replaces a process that was killed.
                with suppress(Exception):
                    self._cluster.sync(self._cluster.scale_down, [name])

    def _free_worker(self) -> tuple[str, Any]:
        """Return the address and the name of a worker that has no actor."""
        with self._lock:
            self._wanted += 1
        end = monotonic() + START_SECONDS
        while monotonic() < end:
            with self._lock:
                # Again and again: it takes a while to know that one is gone for good.
                if self._cluster is not None:
                    self._cluster.scale(self._wanted)
                known = self._client.scheduler_info(n_workers=-1)["workers"]
                # In a cluster of others, what replaces a killed process is one more to be had.
                names = {at: at if self._cluster is None else one["name"] for at, one in known.items()}
                for address, name in names.items():
                    if name not in self._taken:
                        self._taken.add(name)
                        return address, name
            with suppress(Exception):
                self._client.wait_for_workers(len(known) + 1, timeout=0.2)
        raise FleetError(f"Dask has no worker that is free, after {START_SECONDS:g} s")


class Actor:
    """What Dask runs: a host."""

    def __init__(self, settings: dict[str, Any]) -> None:
        from .host import Host

        self._host = Host(settings)

    async def number(self) -> int:
        """Return the number of the process."""
        return os.getpid()

    async def handle(self, message: bytes) -> bytes:
        """Have the host handle a message."""
        return await asyncio.to_thread(self._host.handle, message)

    async def take(self) -> bytes:
        """Return what the outbox gives."""
        return await asyncio.to_thread(self._host.take)


class DaskWorker:
    """An actor on a worker of Dask."""

    def __init__(self, engine: DaskEngine, client: Any, address: str, name: Any, actor: Any) -> None:
        self.name = f"dask worker {address}"
        self._client = client
        self._engine = engine
        self._known_as = name
        self._actor = actor
        self._stopped = False

    def call(self, message: bytes) -> bytes:
        """Have the host handle a message and return its answer."""
        return self._ask("handle", message)

    def stream(self) -> Iterator[bytes]:
        """Yield what the outbox gives."""
        try:
            while not self._stopped:
                yield self._ask("take")
        except WorkerLost:
            if not self._stopped:
                raise

    def stop(self) -> None:
        """End the process."""
        if not self._stopped:
            self._stopped = True
            self._engine.end(self._known_as)

    def process_number(self) -> int:
        """Return the number of the process, on the machine where it is."""
        return self._ask("number")

    def _ask(self, method: str, *arguments: Any) -> Any:
        try:
            with self._client.as_current():  # whose the actor is, is found out at every call
                return getattr(self._actor, method)(*arguments).result()
        except Exception as error:
            raise WorkerLost(f"{self.name} ended: {type(error).__name__}: {error}") from error
