"""tinygrad: steps that are compiled for this machine, by its own compiler and clang."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..harness import peer
from .base import Contestant
from .problem import Problem, Weights

Loss = Callable[[Sequence[Any], Any, Any], Any]
"""Makes the loss of weights, samples and one-hot targets, as a tensor."""

Update = Callable[[Sequence[Any], Sequence[Any], Sequence[Any]], tuple[Sequence[Any], Sequence[Any]]]
"""Makes new weights and what is kept beside them, of the old ones, their gradients and what was kept."""


def tinygrad() -> Any | None:
    """
    Return the library; None after saying what is missing: for a processor it compiles with clang.
    """
    if (found := peer("tinygrad")) is None:
        return None
    compiler = os.environ.get("CC", "clang")
    if "clang" not in compiler or shutil.which(compiler) is None:
        print("(tinygrad finds no clang and is left out)")
        return None
    return found


class Steps:
    """
    Steps of one size, which ``TinyJit`` records in the first two and repeats from then on.

    Args:
        library: The module.
        weights: What learns, as arrays.
        loss: The loss of a batch.
        update: How weights change.
        batches: Samples and targets.
        kept: What the algorithm keeps from step to step, as arrays.
    """

    def __init__(
        self,
        library: Any,
        weights: Iterable[np.ndarray],
        loss: Loss,
        update: Update,
        batches: Iterable[tuple[np.ndarray, ...]],
        kept: Iterable[np.ndarray] = (),
    ) -> None:
        def tensor(array: np.ndarray) -> Any:
            return library.Tensor(np.array(array, np.float32), device="CPU").realize()

        self._weights = [tensor(array) for array in weights]
        self._kept = [tensor(array) for array in kept]
        self._total = tensor(np.zeros(1))
        self._batches = [tuple(map(tensor, batch)) for batch in batches]

        def step(x: Any, t: Any) -> None:
            value = loss(self._weights, x, t)
            weights, kept = update(self._weights, value.gradient(*self._weights), self._kept)
            old, new = [*self._weights, *self._kept, self._total], [*weights, *kept, self._total + value]
            library.Tensor.realize(*(one.assign(other) for one, other in zip(old, new, strict=True)))

        self._step = library.TinyJit(step)

    def epoch(self) -> None:
        """
        Learn all batches once.
        """
        self._total.assign(self._total * 0).realize()
        for batch in self._batches:
            self._step(*batch)
        self.loss()  # waits

    def loss(self) -> float:
        """
        Return the mean loss of the last epoch's batches.
        """
        return float(self._total.numpy()[0]) / len(self._batches)

    def arrays(self) -> list[np.ndarray]:
        """
        Return the weights.
        """
        return [tensor.numpy() for tensor in self._weights]


def descent(learning_rate: float) -> Update:
    """
    Return plain gradient descent.
    """
    return lambda old, grads, kept: ([w - learning_rate * g for w, g in zip(old, grads, strict=True)], kept)


def cross_entropy(logits: Any, t: Any) -> Any:
    """
    Return the mean cross-entropy of one-hot targets.
    """
    return -(t * logits.log_softmax()).sum(axis=1).mean()


class Tiny(Contestant):
    """
    The network with one hidden layer, by plain gradient descent.
    """

    def __init__(self, library: Any, problem: Problem) -> None:
        def loss(weights: Sequence[Any], x: Any, t: Any) -> Any:
            W1, b1, W2, b2 = weights
            return cross_entropy((x @ W1 + b1).sigmoid() @ W2 + b2, t)

        batches = problem.batches(problem.x, problem.targets)
        self._steps = Steps(library, problem.first_weights(), loss, descent(problem.learning_rate), batches)

    def epoch(self) -> None:
        self._steps.epoch()

    def weights(self) -> Weights:
        return Weights(*self._steps.arrays())
