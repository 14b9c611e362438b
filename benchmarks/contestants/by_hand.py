"""Plain numpy, written for this one network: what all the rest of a library costs."""

from __future__ import annotations

import numpy as np

from .base import Contestant
from .problem import HIDDEN, INPUTS, OUTPUTS, Problem, Weights


class ByHand(Contestant):
    """
    The step written out, without any allocation, and without a loss or an error that anyone could look at.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._targets = problem.targets
        self._weights = Weights(*(part.copy() for part in problem.first_weights()))
        n = problem.batch
        self._grads = Weights(*(np.empty_like(part) for part in self._weights))
        self._h, self._dh = np.empty((2, n, HIDDEN), np.float32)
        self._y = np.empty((n, OUTPUTS), np.float32)
        self._ones = np.ones(n, np.float32)
        assert self._weights.W1.shape == (INPUTS, HIDDEN)

    def epoch(self) -> None:
        for x, t in self._problem.batches(self._problem.x, self._targets):
            self.step(x, t)

    def weights(self) -> Weights:
        return self._weights

    def step(self, x: np.ndarray, t: np.ndarray) -> None:
        """
        Learn one batch.
        """
        W1, b1, W2, b2 = self._weights
        h, dh, y, grads = self._h, self._dh, self._y, self._grads
        np.matmul(x, W1, out=h)
        h += b1
        np.negative(h, out=h)
        np.exp(h, out=h)
        h += 1
        np.reciprocal(h, out=h)
        np.matmul(h, W2, out=y)
        y += b2
        y -= y.max(axis=1, keepdims=True)
        np.exp(y, out=y)
        y /= y.sum(axis=1, keepdims=True)
        y -= t
        y *= self._problem.learning_rate / self._problem.batch
        np.matmul(h.T, y, out=grads.W2)
        np.matmul(self._ones, y, out=grads.b2)
        np.matmul(y, W2.T, out=dh)
        dh *= h
        np.subtract(1, h, out=h)
        dh *= h
        np.matmul(x.T, dh, out=grads.W1)
        np.matmul(self._ones, dh, out=grads.b1)
        for weight, grad in zip(self._weights, grads, strict=True):
            weight -= grad
