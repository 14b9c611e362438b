"""The engine "ray": each worker is an actor in a process of its own, on this machine or on others of a Ray cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from itertools import count
from typing import Any

from ..errors import FleetError, MissingExtraError, WorkerLost
from .engine import Settings

START_SECONDS = 120.0
"""Seconds that a worker may take to begin."""
LARGE = 1 << 20
"""Bytes of a message that go to Ray's object store, from where all workers on a machine take them."""
KEPT = 4
"""Large messages that are kept there, for workers to come."""


class RayEngine:
    """
    Starts Ray on this machine, bound to the loopback interface and without its dashboard; or joins what runs.

    Whoever can reach a Ray cluster can run anything on it: beyond loopback, trusted networks only.

    Args:
        address: A cluster that runs already, as for ``ray.init``; None for one on this machine that ends with the
            fleet. If this process is connected to Ray already, that is used, and left as it is.
        cpus: What each worker asks Ray for; None for its threads.
        object_store: Bytes of the object store, if it is started; None for what Ray thinks right.
        init: Further options of ``ray.init``, if it is started.
    """

    name = "ray"
    shares_files = False

    def __init__(
        self,
        address: str | None = None,
        *,
        cpus: float | None = None,
        object_store: int | None = None,
        init: Mapping[str, Any] | None = None,
    ) -> None:
        try:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is reported to anybody
            import ray  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise MissingExtraError(
                "the engine 'ray' needs the package ray: pip install 'synapse-rx[ray]'"
            ) from error
        self._ray: Any = ray
        self._address = address
        self._cpus = cpus
        self._object_store = object_store
        self._init = dict(init or {})
        self._numbers = count(1)
        self._ours = False
        self._stored: dict[int, tuple[bytes, Any]] = {}

    def open(self) -> None:
        """Connect; Ray lives as long as this thread does, if it is ours."""
        ray = self._ray
        if ray.is_initialized():
            return
        options: dict[str, Any] = {"log_to_driver": True, "logging_level": "ERROR"}
        if self._address is None:
            options |= {
                "include_dashboard": False,
                "num_cpus": max(64, os.cpu_count() or 1),  # how many workers there are is what the fleet says
                "object_store_memory": self._object_store,
                "_node_ip_address": "127.0.0.1",
            }
        try:
            with _loopback() if self._address is None else nullcontext():
                ray.init(self._address or "local", **(options | self._init))
        except Exception as error:
            raise FleetError(f"Ray cannot be started: {error}") from error
        self._ours = True

    def start(self, settings: Settings) -> RayWorker:
        """Start an actor and wait until it is ready."""
        ray = self._ray
        environment = {"PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)}
        cpus = settings.threads if self._cpus is None else self._cpus
        options: dict[str, Any] = {
            "num_cpus": cpus,
            "max_concurrency": 4,
            "max_restarts": 0,
            "runtime_env": {"env_vars": environment} if self._ours else None,
        }
        try:
            actor = ray.remote(Actor).options(**options).remote(settings.to_data())
            ray.get(actor.ready.remote(), timeout=START_SECONDS)
        except Exception as error:
            raise FleetError(f"Ray could not start a worker: {error}") from error
        return RayWorker(self, f"ray worker {next(self._numbers)}", actor)

    def close(self) -> None:
        """End Ray, if it was started here."""
        self._stored.clear()
        if self._ours:
            self._ray.shutdown()

    def carried(self, message: bytes) -> Any:
        """
        Return what stands for a message: itself, or its place in the object store if it is large.

        Raises:
            FleetError: If the object store is full.
        """
        if len(message) < LARGE:
            return message
        key = id(message)
        if key not in self._stored:
            while len(self._stored) >= KEPT:
                self._stored.pop(next(iter(self._stored)))
            try:
                self._stored[key] = message, self._ray.put(message)
            except (self._ray.exceptions.ObjectStoreFullError, self._ray.exceptions.OutOfDiskError) as error:
                raise FleetError(
                    f"Ray's object store is full, and so is the disk behind it: there is no room for "
                    f"{len(message):,} bytes; give it more (object_store=, in bytes) or send less"
                ) from error
        return self._stored[key][1]


class Actor:
    """What Ray runs: a host, called from several threads."""

    def __init__(self, settings: dict[str, Any]) -> None:
        from .host import Host

        self._host = Host(settings)

    def ready(self) -> None:
        """Return once it is there."""

    def number(self) -> int:
        """Return the number of the process."""
        return os.getpid()

    def handle(self, message: bytes) -> bytes:
        """Have the host handle a message."""
        return self._host.handle(message)

    def stream(self) -> Iterator[bytes]:
        """Yield what the outbox gives, for ever."""
        while True:
            yield self._host.take()


class RayWorker:
    """An actor."""

    def __init__(self, engine: RayEngine, name: str, actor: Any) -> None:
        self.name = name
        self._engine = engine
        self._ray = engine._ray  # pyright: ignore[reportPrivateUsage]
        self._actor = actor
        self._stopped = False

    def call(self, message: bytes) -> bytes:
        """Have the host handle a message and return its answer."""
        ray = self._ray
        try:
            return ray.get(self._actor.handle.remote(self._engine.carried(message)))
        except ray.exceptions.RayActorError as error:
            raise WorkerLost(f"{self.name} is gone") from error
        except ray.exceptions.RayError as error:
            raise FleetError(f"Ray cannot carry a message to {self.name}: {error}") from error

    def stream(self) -> Iterator[bytes]:
        """Yield what the outbox gives."""
        ray = self._ray
        try:
            for reference in self._actor.stream.options(num_returns="streaming").remote():
                yield ray.get(reference)
        except ray.exceptions.RayError as error:
            if not self._stopped:
                raise WorkerLost(f"{self.name} ended: {_first_line(error)}") from error

    def stop(self) -> None:
        """End the process."""
        if not self._stopped:
            self._stopped = True
            self._ray.kill(self._actor)

    def process_number(self) -> int:
        """Return the number of the process, on the machine where it is."""
        return self._ray.get(self._actor.number.remote())


@contextmanager
def _loopback() -> Iterator[None]:
    """
    Have Ray listen on the loopback interface alone.

    Elsewhere than on Windows and macOS, where this is its own default, Ray takes an address of 127.0.0.1 for a mistake
    and listens on one that others can reach; what follows is how it decides.
    """
    from ray._private import ray_constants  # pyright: ignore[reportMissingImports]

    before = ray_constants.ENABLE_RAY_CLUSTER
    ray_constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
