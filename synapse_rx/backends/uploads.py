"""Batches that lie on the host, brought to where they are learnt."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from math import prod
from typing import Any

import numpy as np
from attrs import define, field

from ..typing import Array, Shape

APART = 256
"""Bytes that arrays of one transfer begin at multiples of, as new arrays of a device do."""


class Uploads(ABC):
    """
    Brings batches to where they are learnt, one ahead of the one in use, and holds no more than these two.

    A batch is some arrays (n, *shape), of which n and the arrays themselves may be others each time, their shapes and
    types not. What `take` returned is good till it is called for another batch.
    """

    @abstractmethod
    def send(self, batch: Hashable, arrays: Sequence[np.ndarray], rows: np.ndarray | None = None) -> None:
        """
        Begin to bring a batch, in place of one that was sent and not taken.

        Args:
            batch: What it is called.
            arrays: What it is made of; may be changed as soon as this returns.
            rows: Which of their rows, of int64; None for all of them.
        """

    @abstractmethod
    def holds(self, batch: Hashable) -> bool:
        """Return whether a batch was sent and can be taken."""

    @abstractmethod
    def take(self, batch: Hashable) -> tuple[Array, ...]:
        """Return the arrays of a batch that it `holds`; whatever is computed with them waits for them."""


class Handing(Uploads):
    """
    Hands batches over as they are, where there is no way to go or nothing is gained by going ahead.

    Args:
        share: What brings an array of the host to where it is needed.
    """

    def __init__(self, share: Callable[[np.ndarray], Array]) -> None:
        self._share = share
        self._held: dict[Hashable, tuple[Array, ...]] = {}
        self._last: Hashable = None

    def send(self, batch: Hashable, arrays: Sequence[np.ndarray], rows: np.ndarray | None = None) -> None:
        chosen = arrays if rows is None else [np.take(one, rows, axis=0) for one in arrays]
        in_use = {one: held for one, held in self._held.items() if one == self._last}
        self._held = in_use | {batch: tuple(map(self._share, chosen))}

    def holds(self, batch: Hashable) -> bool:
        return batch in self._held

    def take(self, batch: Hashable) -> tuple[Array, ...]:
        if batch != self._last:
            self._last, self._held = batch, {batch: self._held[batch]}
        return self._held[batch]


@define(eq=False)
class _Room:
    """
    Memory for one batch, on the host and on the device.

    Attributes:
        host: Page-locked bytes, what is sent.
        there: Bytes of the device, where it is sent to.
        arrived: The event that it is there.
        used: The event that all is computed that was to be computed with it.
        batch: What it holds, if anything.
        arrays: The parts of ``there`` that are its arrays.
    """

    host: np.ndarray
    there: Array
    arrived: Any
    used: Any
    batch: Hashable = None
    arrays: tuple[Array, ...] = ()
    was_sent: bool = field(default=False)
    was_used: bool = field(default=False)


class DoubleBuffer(Uploads):
    """
    Sends batches through page-locked memory, in a stream of its own, while the one before is learnt.

    There are two rooms. What is learnt lies in the one; the other is filled meanwhile, as soon as the device has done
    all it was asked for up to the `take` of what is learnt now, and so with what lay there. The host waits only if it
    is more than a batch ahead of the copies: before it writes to page-locked memory that is still being sent.

    Rows are chosen as they are written there, and bytes stay bytes: nothing is sent but the batch itself, in one piece.

    Args:
        xp: The array module, cupy; its device is the present one, and its stream the one that computes.
        stream: Where copies are made; another one than that.
        size: The most bytes of a batch (`room_for`).
    """

    def __init__(self, xp: Any, stream: Any, size: int) -> None:
        self._xp, self._stream = xp, stream
        # Memory of a pool is kept by the stream that asked for it: this is to be written to by this stream alone, and
        # whatever was computed with it when it was somebody else's is waited for.
        stream.wait_event(self._computing().record())
        with stream:
            self._rooms = [self._room(size) for _ in range(2)]
        self._next = 0
        self._in_use: _Room | None = None

    def send(self, batch: Hashable, arrays: Sequence[np.ndarray], rows: np.ndarray | None = None) -> None:
        room = self._rooms[self._next]
        assert room is not self._in_use
        if room.was_sent:
            room.arrived.synchronize()
        parts, end = laid_out(
            [(len(one if rows is None else rows), *one.shape[1:]) for one in arrays], arrays
        )
        assert end <= room.host.size, "a batch is larger than it was said to be"
        for one, part in zip(arrays, parts, strict=True):
            _write(one, rows, room.host[part[0] : part[1]].view(one.dtype).reshape(part[2]))
        if room.was_used:
            self._stream.wait_event(room.used)
        if end:
            room.there[:end].set(room.host[:end], stream=self._stream)
        self._stream.record(room.arrived)
        room.was_sent, room.batch = True, batch
        room.arrays = tuple(
            room.there[first:last].view(one.dtype).reshape(shape)
            for one, (first, last, shape) in zip(arrays, parts, strict=True)
        )

    def holds(self, batch: Hashable) -> bool:
        return any(room.batch == batch and room.was_sent for room in self._rooms)

    def take(self, batch: Hashable) -> tuple[Array, ...]:
        in_use = self._in_use
        if in_use is not None and in_use.batch == batch:
            return in_use.arrays
        room = self._rooms[self._next]
        assert room.was_sent and room.batch == batch, "this batch was not sent, or another one behind it"
        computing = self._computing()
        if in_use is not None:
            computing.record(in_use.used)
            in_use.was_used, in_use.batch = True, None
        computing.wait_event(room.arrived)
        self._in_use, self._next = room, 1 - self._next
        return room.arrays

    def _computing(self) -> Any:
        return self._xp.cuda.get_current_stream()

    def _room(self, size: int) -> _Room:
        cuda = self._xp.cuda
        host = np.frombuffer(cuda.alloc_pinned_memory(size), np.uint8, size)
        events = (cuda.Event(disable_timing=True) for _ in range(2))
        return _Room(host, self._xp.empty(size, np.uint8), *events)


def room_for(rows: int, arrays: Sequence[np.ndarray]) -> int:
    """Return the bytes that so many rows of each of these arrays take in one transfer."""
    return max(APART, laid_out([(rows, *one.shape[1:]) for one in arrays], arrays)[1])


def laid_out(shapes: Sequence[Shape], like: Sequence[np.ndarray]) -> tuple[list[tuple[int, int, Shape]], int]:
    """Return where arrays of these shapes and the types of others begin and end in one piece, and where all end."""
    parts, end = list[tuple[int, int, Shape]](), 0
    for shape, one in zip(shapes, like, strict=True):
        first = -(-end // APART) * APART
        end = first + prod(shape) * one.dtype.itemsize
        parts.append((first, end, shape))
    return parts, end


def _write(source: np.ndarray, rows: np.ndarray | None, out: np.ndarray) -> None:
    if rows is None:
        np.copyto(out, source)
    else:
        np.take(source, rows, axis=0, out=out, mode="clip")  # any other mode makes a copy of out
