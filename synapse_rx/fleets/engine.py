"""The seam: what a fleet asks of an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from attrs import frozen


@frozen
class Settings:
    """
    What a worker is told before anything else.

    Attributes:
        rate: How often a second each network is told of at most.
        checkpoint_seconds: Seconds between two snapshots of a network at least.
        beat: Seconds after which it says something, even if there is nothing to tell.
        threads: How many trainings compute at once in a worker.
        imports: Modules with classes and functions of the user's own, imported before anything is received.
        share: Of a worker's time, how much telling of networks may take.
        folder: Where data sets lie that all workers map, to be removed by the last one if the driver is gone; or None.
    """

    rate: float
    checkpoint_seconds: float
    beat: float
    threads: int
    imports: tuple[str, ...] = ()
    share: float = 0.2
    folder: str | None = None

    def to_data(self) -> dict[str, Any]:
        """Return this as plain data."""
        return {
            "rate": self.rate,
            "checkpoint_seconds": self.checkpoint_seconds,
            "beat": self.beat,
            "threads": self.threads,
            "imports": list(self.imports),
            "share": self.share,
            "folder": self.folder,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Settings:
        """Return what `to_data` made ``data`` of."""
        return cls(
            float(data["rate"]),
            float(data["checkpoint_seconds"]),
            float(data["beat"]),
            int(data["threads"]),
            tuple(map(str, data["imports"])),
            float(data["share"]),
            data["folder"],
        )


class Worker(Protocol):
    """
    A process somewhere with a `Host` in it. All of it may block, and be called on any thread.

    Attributes:
        name: What to call it in messages.
    """

    name: str

    def call(self, message: bytes) -> bytes:
        """
        Have the host handle a message, after those before it; return its answer.

        Raises:
            WorkerLost: If the worker ended.
            FleetError: If the engine cannot carry the message.
        """
        ...

    def stream(self) -> Iterator[bytes]:
        """
        Yield what the outbox of the host gives, until the worker is stopped. Asked for once.

        Raises:
            WorkerLost: If the worker ended by itself.
        """
        ...

    def stop(self) -> None:
        """End the process, whatever it does; once it is over, this does nothing."""
        ...


class Engine(Protocol):
    """
    What starts workers. All of it may block; `open` and `close` are called on one thread, which lives in between.

    Attributes:
        name: What to call it in messages.
        shares_files: Whether workers can read files that the driver wrote.
    """

    name: str
    shares_files: bool

    def open(self) -> None:
        """
        Begin.

        Raises:
            MissingExtraError: If a package is missing.
            FleetError: If it cannot.
        """
        ...

    def start(self, settings: Settings) -> Worker:
        """
        Start one process with a `Host` in it. May be called on several threads at once.

        Raises:
            FleetError: If it cannot be started.
        """
        ...

    def close(self) -> None:
        """End everything; workers have been stopped."""
        ...
