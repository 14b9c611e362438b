"""The contract of a training algorithm."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Protocol

from ..described import Described
from ..typing import Array

State = dict[str, Any]
"""An algorithm's working memory by name: vectors like theta where it computes, and plain numbers."""


class Problem(Protocol):
    """What an algorithm works on: one flat vector of parameters and the gradient of the batch at hand."""

    xp: Any
    """The array module."""

    theta: Array
    """The parameters, (n,); written in place."""

    grad: Array
    """The gradient of the batch's loss at the theta of the last `evaluate`, (n,); free to be overwritten."""

    loss: float
    """The loss at the theta of the last evaluation; only kept for `FullBatchAlgorithm`s."""

    def evaluate(self) -> None:
        """Compute loss and gradient of the batch at hand at the present theta."""
        ...

    def zeros(self) -> Array:
        """Return a new vector of zeros like theta."""
        ...

    def blocks(self, *vectors: Array) -> Iterator[tuple[Array, ...]]:
        """
        Yield the vectors cut into the same cache-sized blocks.

        An update made of several elementwise operations is one pass over memory when done block by block.
        """
        ...


class Algorithm(Described, ABC):
    """
    One update of all parameters from one batch.

    Implementations are frozen attrs classes: their fields are the hyper-parameters, which may be exchanged between
    any two steps. All memory is in the state, so that a snapshot of it resumes bit for bit.
    """

    __slots__ = ()

    @abstractmethod
    def init(self, problem: Problem) -> State:
        """Return the state before the first step. Every value is a vector like theta, an int or a float."""

    @abstractmethod
    def step(self, problem: Problem, state: State) -> None:
        """Evaluate the batch at hand (once or more) and change theta and ``state`` in place."""


class FullBatchAlgorithm(Algorithm):
    """
    An algorithm that sees all samples before it decides, such as one with a line search.

    The roles are reversed: it does not ask for evaluations but is told of each one, and says where the next shall be.
    So a trainer can stop, publish or resume between any two evaluations, and between the batches of one.
    """

    __slots__ = ()

    def step(self, problem: Problem, state: State) -> None:
        raise AssertionError(f"{self.kind} is driven by advance")

    @abstractmethod
    def advance(self, problem: Problem, state: State) -> bool:
        """
        Take note of loss and gradient at theta, move theta to where they are wanted next, and ``state`` with it.

        Returns:
            Whether this completed an iteration: one epoch, worth publishing. Theta is then the accepted iterate.
        """
