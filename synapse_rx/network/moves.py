"""Steps of many batches that are taken in one call: what they may be, and where that can be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..data import TrainingSet
from ..metrics import Misclassification
from ..snapshot import Net, Training
from ..typing import Array

MOVES: Mapping[str, int] = {
    "descend": 0,
    "roll": 1,
    "look_ahead": 2,
    "adam": 3,
    "divide": 4,
    "amsgrad": 5,
    "nadam": 6,
    "adagrad": 7,
    "adadelta": 8,
    "lion": 9,
    "gain": 10,
    "divide_centered": 11,
    "divide_exactly": 12,
    "wait": 13,
    "turn": 14,
}

VECTORS = 3
"""The most vectors of an algorithm's state that a move goes by."""

SCALARS = 12
"""Numbers that a move may need in one batch."""


class Moves:
    """
    The steps of some batches, one after the other, all of one name.

    Attributes:
        name: One of `MOVES`.
        slots: The vectors of the algorithm's state they go by.
        count: How many there are so far.
        state: The state of the algorithm with its numbers as they are behind the last of them.
    """

    __slots__ = ("_scalars", "count", "name", "slots", "state")

    def __init__(self, name: str, slots: tuple[str, ...], most: int) -> None:
        self.name = name
        self.slots = slots
        self.count = 0
        self.state: Mapping[str, Any] = {}
        self._scalars = np.zeros((most, SCALARS), np.float32)

    def add(self, numbers: tuple[float, ...], state: Mapping[str, Any]) -> None:
        """Take one more step, with the numbers it needs and the state behind it."""
        self.state = state
        self._scalars[self.count, : len(numbers)] = numbers
        self.count += 1

    def repeat(self) -> None:
        """Take the last step as often again as there is room for."""
        self._scalars[self.count :] = self._scalars[self.count - 1]
        self.count = len(self._scalars)

    @property
    def scalars(self) -> Array:
        """What each step needs, (count, `SCALARS`)."""
        return self._scalars[: self.count]

    def vectors(self, state: Mapping[str, Array]) -> tuple[Array, ...]:
        """Return what of an algorithm's state they go by, and empty ones up to `VECTORS`."""
        none = np.empty(0, np.float32)
        return (*(state[slot] for slot in self.slots), *(none,) * (VECTORS - len(self.slots)))


def is_plain(net: Net, data: Any, feed: Any, kinds: Sequence[Any]) -> bool:
    """
    Return whether data and training are of the common kind that is learnt many batches in one call.

    That is: float32; batches of a training set, every sample counting once; nothing recorded but the loss and, of
    classes, misclassifications; no penalties, bounds, factors or averages.

    Args:
        net: The network.
        data: What it learns.
        feed: Its batches.
        kinds: The statistics of training, the loss first.
    """
    return isinstance(data, TrainingSet) and feed.plain is not None and learns_plainly(net, kinds)


def learns_plainly(net: Net, kinds: Sequence[Any]) -> bool:
    """Return whether `is_plain` hangs on the data alone."""
    update, classes = net.training.update, net.arch.out_shape[-1] > 1
    return (
        net.params.flat.dtype == np.float32
        and (len(kinds) == 1 or (len(kinds) == 2 and type(kinds[1]) is Misclassification and classes))
        and not update.shapes_gradients
        and not update.moves_parameters
    )


def sums_gradients(how: Training) -> bool:
    """Return whether gradients of samples are summed, not averaged."""
    return (how.algorithm.reduction or how.update.reduction) == "sum"
