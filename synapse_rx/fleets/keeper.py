"""A worker as the driver knows it: what it is told, what it says, and when it was heard last."""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Protocol

from attrs import frozen

from ..errors import WorkerLost
from .engine import Engine, Settings, Worker
from .faults import fault_from_data
from .messages import unpack

log = logging.getLogger("synapse_rx")


@frozen
class Order:
    """
    A message to a worker, made when its turn comes.

    Attributes:
        make: Makes the message.
        done: Called with what went wrong, or None.
        data: The key of the training set that it needs to be there; or None.
    """

    make: Callable[[], bytes]
    done: Callable[[BaseException | None], None] = lambda error: None
    data: int | None = None


class Listener(Protocol):
    """Who is told what becomes of a worker, on threads of the worker's own."""

    def joined(self, keeper: Keeper) -> None: ...
    def heard(self, keeper: Keeper, message: bytes) -> None: ...
    def left(self, keeper: Keeper, why: BaseException | None) -> None: ...


class Keeper:
    """
    Starts a worker on a thread of its own, listens to it there, and sends it orders from another, one after the other.

    Args:
        engine: What starts it.
        settings: What it is told first.
        listener: Who is told.

    Attributes:
        name: What it is called.
        heard: When it said something last; None before it began.
        placed: The keys of the training sets that it was told to take.
    """

    def __init__(self, engine: Engine, settings: Settings, listener: Listener) -> None:
        self.name = f"a new worker of {engine.name}"
        self.heard: float | None = None
        self.placed: set[int] = set()
        self._engine = engine
        self._settings = settings
        self._listener = listener
        self._worker: Worker | None = None
        self._orders: SimpleQueue[Order | None] = SimpleQueue()
        self._refused: dict[int, BaseException] = {}
        self._lock = Lock()
        self._over = self._closed = False
        self._thread = Thread(target=self._serve, name="synapse-rx-fleet-hear", daemon=True)

    def start(self) -> None:
        """Begin; `Listener.joined` or `Listener.left` follows."""
        self._thread.start()

    def send(self, order: Order) -> None:
        """Have the worker do something, after all it was told before. Never blocks."""
        with self._lock:
            if not self._closed:
                self._orders.put(order)
                return
        order.done(WorkerLost(f"{self.name} is gone"))

    def place(self, key: int, make: Callable[[], bytes]) -> None:
        """Have the worker take a training set, unless it has it."""
        if key not in self.placed:
            self.placed.add(key)
            self.send(Order(make, lambda error: self._noted(key, error)))

    def stop(self, why: BaseException | None = None) -> None:
        """End the worker, and wait until it is over; `Listener.left` is told at once."""
        self._leave(why)
        worker = self._worker
        if worker is not None:
            worker.stop()

    def join(self, seconds: float) -> None:
        """Wait until its thread has ended."""
        self._thread.join(seconds)

    def _serve(self) -> None:
        try:
            worker = self._engine.start(self._settings)
        except BaseException as error:
            self._leave(error)
            return
        self.name, self.heard, self._worker = worker.name, monotonic(), worker
        with self._lock:
            over = self._over
        if over:
            worker.stop()
        else:
            Thread(target=self._send_all, args=(worker,), name="synapse-rx-fleet-send", daemon=True).start()
        why: BaseException | None = None
        try:
            if not over:
                self._listener.joined(self)
            for message in worker.stream():
                self.heard = monotonic()
                self._listener.heard(self, message)
        except WorkerLost as loss:
            why = loss
        except BaseException as error:
            why = WorkerLost(f"{self.name} cannot be understood: {type(error).__name__}: {error}")
        self._leave(why)
        worker.stop()

    def _leave(self, why: BaseException | None) -> None:
        with self._lock:
            first, self._over = not self._over, True
        if first:
            self._orders.put(None)
            self._listener.left(self, why)

    def _send_all(self, worker: Worker) -> None:
        while (order := self._orders.get()) is not None:
            self._answered(order, self._carried(worker, order))
            del order
        with self._lock:
            self._closed = True
        while not self._orders.empty():
            left = self._orders.get()
            if left is not None:
                self._answered(left, WorkerLost(f"{self.name} is gone"))

    def _answered(self, order: Order, error: BaseException | None) -> None:
        try:
            order.done(error)
        except BaseException:  # what was ordered next has to be sent all the same
            log.exception("what %s did could not be taken in", self.name)

    def _carried(self, worker: Worker, order: Order) -> BaseException | None:
        """Have the worker do what it is told; return what went wrong."""
        if order.data in self._refused:
            return self._refused[order.data]
        try:
            answer, _ = unpack(worker.call(order.make()))
            return fault_from_data(answer["error"], worker.name) if "error" in answer else None
        except BaseException as error:
            return error

    def _noted(self, key: int, error: BaseException | None) -> None:
        if error is None:
            self._refused.pop(key, None)
        else:
            self._refused[key] = error
            self.placed.discard(key)
