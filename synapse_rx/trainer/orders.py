"""What process 0 tells the others that train with it, and what they tell it in the same breath."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from attrs import frozen

from ..collectives import Collective


class Kind(IntEnum):
    """What is to be done next, by every process."""

    BEGIN = 1
    """Take over the snapshot in the letter; the number tells the data from others."""
    LEARN = 2
    """Learn so many batches, or to the end of the epoch."""
    EDIT = 3
    """Take over what the letter says was edited."""
    STATUS = 4
    """Have the status with this number."""
    PUBLISH = 5
    """Put what was learnt into the cell."""
    END = 6
    """End with the status of this number; the letter says what went wrong."""


@frozen
class Order:
    """One order, with its number and its letter."""

    kind: Kind
    number: int
    letter: bytes


@frozen
class Asked:
    """Whether any process was asked to stop or to cancel."""

    stop: bool
    cancel: bool


class Orders:
    """
    Hands orders to all processes at one and the same step, by one sum of a few numbers each.

    Args:
        collective: The processes.
    """

    def __init__(self, collective: Collective) -> None:
        self._collective = collective
        self._words = np.zeros(5, np.int64)

    def give(self, kind: Kind, number: int = 0, letter: bytes = b"") -> Asked:
        """
        Tell the others what to do next; return what they were asked meanwhile.

        Raises:
            CollectiveError: If they do not listen.
        """
        self._words[:] = kind, number, len(letter), 0, 0
        self._collective.all_reduce(self._words)
        if letter:
            self._collective.broadcast(np.frombuffer(letter, np.uint8).copy())
        return Asked(bool(self._words[3]), bool(self._words[4]))

    def take(self, asked: Asked, *, patient: bool) -> Order:
        """
        Wait for the next order.

        Args:
            asked: What this process was asked.
            patient: Wait for as long as it takes.

        Raises:
            CollectiveError: If there is none in time.
        """
        self._words[:] = 0, 0, 0, asked.stop, asked.cancel
        self._collective.all_reduce(self._words, patient=patient)
        kind, number, length = self._words[:3].tolist()
        letter = np.empty(length, np.uint8)
        if length:
            self._collective.broadcast(letter)
        return Order(Kind(kind), number, letter.tobytes())
