"""Chunks of any network on a device: every batch is the same work, captured once and launched again and again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from weakref import ref

import numpy as np

from ...algorithms import Algorithm
from ...backends import Backend
from ...backends.counter import CounterGenerator
from ...backends.cuda import TABLE, Kernels, Record
from ...snapshot import Net
from ...typing import Array
from ..moves import SCALARS, Moves, sums_gradients
from .brought import Brought
from .captured_step import Batches, Step, Strokes, Worker, there
from .held import Held
from .moves import known, strokes
from .resident import Resident

ROWS = 4096
"""Steps whose numbers lie on the device at a time."""

LARGEST = 1 << 28
"""Bytes of parameters up to which launches are worth saving; the first steps hold several copies of them."""


class CapturedChunk:
    """
    Learns batches as an `Engine` does one by one, where nothing in a step hangs on the host.

    That is: float32 on a device that captures, and an algorithm whose step is `known`. Where in the epoch it stands,
    the numbers of a step, how many random numbers were drawn: all of it lies on the device, and the host sends it for
    many steps together. What else a layer or a loss may ask of the host is found when a step is captured, and batches
    are then learnt one by one (`takes`).

    Args:
        backend: Where to compute.
        kernels: Its kernels.
        batches: What makes the batches.
        feed: What they are of.
        worker: What learns a batch.
        generator: Draws for stochastic layers.
        kinds: Kinds of errors recorded.
        sums: Whether gradients of samples are summed, not averaged.
    """

    def __init__(
        self,
        backend: Backend,
        kernels: Kernels,
        batches: Batches,
        feed: Any,
        worker: Worker,
        generator: CounterGenerator,
        kinds: int,
        sums: bool,
    ) -> None:
        assert TABLE == SCALARS, "a row of the table holds what a move needs"
        xp = backend.xp
        self._backend, self._kernels, self._batches, self._feed = backend, kernels, batches, feed
        # Weakly, since it owns this: vectors go with their last user, not when garbage is collected.
        self._worker, self._generator, self._sums = ref(worker), generator, sums
        self._errors = xp.zeros((kinds, feed.batch), np.float32)
        self._table, self._at = xp.zeros((ROWS, TABLE), np.float32), xp.zeros(3, np.int64)
        self._rooms: dict[int, Any] = {}
        self._steps = Held[Step]()

    @classmethod
    def of(
        cls,
        net: Net,
        feed: Any,
        kinds: int,
        backend: Backend,
        worker: Worker,
        generator: Any,
        *,
        resident: bool = True,
    ) -> CapturedChunk | None:
        """
        Return what learns ``net`` on the batches of ``feed``; None where that must be done one by one.

        Args:
            net: The network.
            feed: The batches.
            kinds: Kinds of errors recorded.
            backend: Where to compute.
            worker: What learns a batch.
            generator: Draws for stochastic layers.
            resident: Whether the samples are to lie on the device whole; else each batch is brought, one at a time.
        """
        kernels, flat = backend.kernels, net.params.flat
        small = flat.dtype == np.float32 and flat.nbytes <= LARGEST
        if not backend.captures or kernels is None or not small:
            return None
        if kernels.get(Record, np.float32) is None:
            return None
        dtype = np.dtype(np.float32)
        if resident:
            batches = Resident.of(backend, feed, net.arch.in_shape, dtype)
        else:
            batches = Brought(backend, feed, dtype)
        if batches is None:
            return None
        return cls(backend, kernels, batches, feed, worker, generator, kinds, sums_gradients(net.training))

    def takes(self, moves: Moves) -> bool:
        """Return whether such steps are known here, and nothing spoke against capturing them so far."""
        refused = any(step.refused for step in self._steps.made.values())
        return not refused and known(moves.name, self._kernels)

    def learn(self, first: int, moves: Moves, theta: Array, state: Any, rows: Array) -> None:
        """
        Learn batches from ``first`` on, one with each move; nobody waits for the device.

        Args:
            first: The first batch.
            moves: What to do in each; at most `ROWS`.
            theta: The parameters.
            state: The state of the algorithm; its arrays are written to.
            rows: Where errors are written, (kinds, samples).
        """
        send, feed, generator = self._backend.from_host, self._feed, self._generator
        self._steps.hold([theta, rows, *(state[slot] for slot in moves.slots)])
        self._batches.begin()
        self._table[: moves.count] = send(moves.scalars)
        self._at[...] = send(np.array([feed.span(first)[0], 0, generator.count]))
        drawn = 0
        for index in range(first, first + moves.count):
            start, stop = feed.span(index)
            self._batches.bring(index)
            key = stop - start, moves.name, self._batches.key
            step = self._steps.get(key, partial(self._made, *key))
            step.take()
            drawn += step.drawn[0]
        generator.reserve(drawn)

    def step(self, index: int, algorithm: Algorithm, theta: Array, state: Any, rows: Array) -> bool:
        """Learn one batch if such steps are known here; return whether they are."""
        behind = dict(state)  # its numbers are those behind the step
        move = algorithm.move(behind)
        if move is None:
            return False
        name, slots, numbers = move
        moves = Moves(name, slots, 1)
        if not self.takes(moves):
            return False
        moves.add(numbers, behind)
        self.learn(index, moves, theta, state, rows)
        state.update(behind)
        return True

    def _made(self, n: int, name: str, key: bool) -> Step:
        """Return what learns the batch of n samples at which the device stands."""
        # By names of its own, not by this chunk: who holds each other is let go of when garbage is collected.
        theta, rows, *slots = held = self._steps.arrays
        worker, at, errors, rooms = self._worker, self._at, self._errors, self._rooms
        batches, generator, grad = self._batches, self._generator, there(worker).grad
        vectors = {"theta": theta, "grad": grad, **dict(enumerate(slots))}
        algorithm = Strokes(*strokes(name, self._kernels, vectors, self._table, at))
        scale, drawn = 1.0 if self._sums else 1.0 / n, [0]
        record = self._kernels.get(Record, np.float32)
        assert record is not None

        def step() -> None:
            with generator.counted_at(at[2:]) as count:
                batch = batches.batch(n, at, key)
                there(worker).work_on(batch, errors[:, :n], scale, algorithm)
            drawn[0] = count()
            record(errors, rows, n, at, drawn[0])
            rooms.update((id(room), room) for room in generator.rooms)

        def changes() -> Sequence[Array]:
            engine = there(worker)
            average = [] if engine.average is None else [engine.average]
            return [*held, engine.kept, *engine.states.values(), *average, at]

        return Step(self._backend.repeated(step, changes), drawn)
