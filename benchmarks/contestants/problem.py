"""What the contestants learn: samples, labels, the order, the first weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from attrs import frozen

import synapse_rx as sx

INPUTS, HIDDEN, OUTPUTS = 784, 100, 10
PRODUCTS = 2 * INPUTS * HIDDEN + 3 * HIDDEN * OUTPUTS
"""Multiplications of one sample's forward and backward pass: without the gradient of the input, which nobody needs."""


class Weights(NamedTuple):
    """
    The network's parameters: W1 (784, 100), b1 (100,), W2 (100, 10), b2 (10,).
    """

    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray


@frozen(eq=False)
class Problem:
    """
    A 784-100-10 network (sigmoid, softmax, cross-entropy) to be trained by plain gradient descent in float32.

    Attributes:
        x: Samples (N, 784), float32 from 0 to 1; N is a multiple of the batch size.
        labels: Their classes (N,), 0 to 9.
        batch: Samples in a batch, taken in order.
        learning_rate: Step length.
    """

    x: np.ndarray
    labels: np.ndarray
    batch: int
    learning_rate: float = 0.1

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return len(self.x) // self.batch

    @property
    def flops(self) -> int:
        """Operations of one step in its matrix products."""
        return 2 * PRODUCTS * self.batch

    @property
    def targets(self) -> np.ndarray:
        """The labels as one-hot rows (N, 10), float32."""
        return np.eye(OUTPUTS, dtype=np.float32)[self.labels]

    def batches(self, *arrays: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
        """
        Yield the arrays cut into batches, as views.
        """
        for start in range(0, len(self.x), self.batch):
            yield tuple(array[start : start + self.batch] for array in arrays)

    def training_set(self) -> sx.TrainingSet:
        """
        Return the problem as this library's training set.
        """
        return sx.training_set(self.x, self.labels, batch=self.batch, shuffle=False)

    def net(self) -> sx.Atom[sx.Net]:
        """
        Return a network of this library; all of them have the same first weights.
        """
        sizes = [INPUTS, HIDDEN, OUTPUTS]
        return sx.mlp(
            sizes, ["sigmoid", "softmax"], sx.training("backprop", learning_rate=self.learning_rate)
        )

    def first_weights(self) -> Weights:
        """
        Return the weights everyone begins with.
        """
        return self.weights_of(self.net().value.params)

    def weights_of(self, params: sx.Params) -> Weights:
        """
        Return the weights in a snapshot's parameters.
        """
        return weights_of(params)

    def loss(self, weights: Weights, samples: int = 4096) -> float:
        """
        Return the mean loss on the first samples, computed here in float64 whoever learnt the weights.
        """
        W1, b1, W2, b2 = (part.astype(np.float64) for part in weights)
        x, t = self.x[:samples].astype(np.float64), self.targets[:samples]
        h = 1 / (1 + np.exp(-(x @ W1 + b1)))
        z = h @ W2 + b2
        z -= z.max(axis=1, keepdims=True)
        return float(np.mean(np.log(np.exp(z).sum(axis=1)) - (z * t).sum(axis=1)))


def weights_of(params: sx.Params) -> Weights:
    """
    Return a snapshot's parameters as `Weights`.
    """
    return Weights(params[0]["W"], params[0]["b"], params[1]["W"], params[1]["b"])


def problem(data: str, samples: int, batch: int) -> Problem:
    """
    Make the problem: "mnist", or "random" for ten noisy prototypes, which need no files and cost the same.
    """
    x, labels = _mnist(samples) if data == "mnist" else _prototypes(samples)
    n = len(x) // batch * batch
    return Problem(x[:n], labels[:n], batch)


def _mnist(samples: int) -> tuple[np.ndarray, np.ndarray]:
    data = sx.load_training_set("mnist", nvalid=0).data
    part = data[:samples]
    assert part.y is not None
    return part.scaled().reshape(len(part), INPUTS), part.y.argmax(axis=1)


def _prototypes(samples: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    prototypes = rng.random((OUTPUTS, INPUTS), dtype=np.float32)
    labels = np.arange(samples) % OUTPUTS
    x = rng.random((samples, INPUTS), dtype=np.float32)
    x += 0.2 * prototypes[labels]
    x /= 1.2
    return x, labels
