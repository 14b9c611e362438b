"""The contract between a training and what carries its numbers to other processes."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..typing import Array


@runtime_checkable
class Collective(Protocol):
    """
    A group of processes, seen by one of them: all that data-parallel training asks of MPI, NCCL or whatever comes next.

    Every process calls the same methods in the same order, each on a thread of its own choice but one at a time; a call
    returns when it is done for this process. Two laws hold: `all_reduce` leaves the same numbers everywhere, bit for
    bit, and whoever waits for longer than the patience of the group gets a `CollectiveError`.

    Attributes:
        rank: The number of this process, from 0. The one numbered 0 is watched and steered.
        size: How many processes there are.
        neighbours: How many of them share this machine, this one included.
        on_device: Whether `all_reduce` takes arrays in the memory of a GPU as they are.
    """

    @property
    def rank(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def neighbours(self) -> int: ...
    @property
    def on_device(self) -> bool: ...

    def all_reduce(self, array: Array, *, patient: bool = False) -> None:
        """
        Replace numbers by their sums over all processes, in place.

        Args:
            array: In one piece (C order), float32, float64 or int64, of the same shape and type everywhere.
            patient: Wait for the others for as long as it takes.

        Raises:
            CollectiveError: If the others do not come in time, are gone, or brought something else.
        """
        ...

    def broadcast(self, array: Array, root: int = 0) -> None:
        """
        Replace numbers by those of process ``root``, in place.

        Args:
            array: In one piece, of the same shape and type everywhere.
            root: Whose numbers.

        Raises:
            CollectiveError: As for `all_reduce`.
        """
        ...

    def abort(self) -> None:
        """
        Note that this process cannot go on, so that the others need not wait for it. Never raises.

        Where the others cannot be told at once they are ended when this process ends.
        """
        ...

    def close(self) -> None:
        """Leave; what is called afterwards raises. Every process does so, or none. Never raises."""
        ...
