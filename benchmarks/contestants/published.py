"""What Deep Diamond published times of, trained by this library on a backend: the same networks, batches and epochs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np
from attrs import frozen

import synapse_rx as sx
from synapse_rx.backends import Backend
from synapse_rx.network.learner import NetworkLearner
from synapse_rx.typing import Array

Draw = Callable[[np.random.Generator, int], tuple[Array, Array]]


@frozen(eq=False)
class Published:
    """
    One workload.

    Attributes:
        name: What it is called.
        layers: The network, given how wide it is to be.
        how: How it is trained.
        draw: Makes random samples and targets.
        samples: How many.
        batch: Samples in a batch.
        epochs: How many are learnt.
        theirs: What Deep Diamond took, in seconds.
        where: On which machine.
    """

    name: str
    layers: Callable[[float], Sequence[Any]]
    how: dict[str, Any]
    draw: Draw
    samples: int
    batch: int
    epochs: int
    theirs: float
    where: str


def images(rng: np.random.Generator, n: int) -> tuple[Array, Array]:
    """
    Return bytes like those of MNIST, and classes.
    """
    return rng.integers(0, 256, (n, 1, 28, 28)).astype(np.uint8), rng.integers(0, 10, n)


def vectors(rng: np.random.Generator, n: int, inputs: int = 10_000) -> tuple[Array, Array]:
    """
    Return numbers and what is to become of them.
    """
    return rng.random((n, inputs), np.float32), rng.random((n, 10), np.float32)


def dense(share: float) -> Sequence[Any]:
    """
    Return 784-512-10, or so many of its units.
    """
    return [sx.Input((1, 28, 28)), sx.Dense(int(512 * share), "relu"), sx.Dense(10, "softmax")]


def convolutional(share: float) -> Sequence[Any]:
    """
    Return their CNN, dropout and all.
    """
    channels = int(32 * share), int(64 * share)
    return [
        *(sx.Input((1, 28, 28)), sx.Conv2D(channels[0], 3, "relu"), sx.Conv2D(channels[1], 3, "relu")),
        *(sx.MaxPool2D(2), sx.GaussianDropout(0.5), sx.Dense(int(128 * share), "relu")),
        *(sx.GaussianDropout(0.5), sx.Dense(10, "softmax")),
    ]


def large(share: float) -> Sequence[Any]:
    """
    Return 10000-5000-1000-10.
    """
    hidden = [sx.Dense(int(5000 * share), "tanh"), sx.Dense(int(1000 * share), "sigmoid")]
    return [sx.Input(10_000), *hidden, sx.Dense(10, "sigmoid")]


ADAM = {"algorithm": "adam"}
PUBLISHED = (
    Published("784-512-10", dense, ADAM, images, 60_000, 128, 2, 0.2133, "GTX 1080 Ti, cuDNN"),
    Published("CNN", convolutional, ADAM, images, 60_000, 128, 12, 20.5, "GTX 1080 Ti, cuDNN"),
    Published(
        "10000-5000-1000-10",
        large,
        {"algorithm": "backprop", "learning_rate": 0.01, "loss": "squared_error"},
        vectors,
        10_000,
        10_000,
        10,
        2.2489,
        "GTX 1080 Ti, cuBLAS",
    ),
)


class Rerun:
    """
    One of them on a backend.

    Args:
        one: Which.
        backend: Where.
        quick: Train a narrow one with few samples for one epoch.

    Attributes:
        net: The network before.
        steps: Batches in all epochs.
    """

    def __init__(self, one: Published, backend: Backend, *, quick: bool = False) -> None:
        self._backend = backend
        self.net = sx.neural_net(one.layers(1 / 16 if quick else 1), sx.training(**one.how)).value
        n, batch = (64, min(one.batch, 32)) if quick else (one.samples, one.batch)
        x, y = one.draw(np.random.default_rng(0), n)
        scale = {"dtype": "uint8", "scale": 1 / 255} if x.dtype == np.uint8 else {}
        data = sx.training_set(x, y, batch=batch, shuffle=False, **scale)
        self._epochs = 1 if quick else one.epochs
        self.batch, self.steps = batch, -(-n // batch) * self._epochs
        with backend.active():
            self._learner = NetworkLearner(self.net, data, backend)

    def seconds(self) -> float:
        """
        Return how long the epochs take, once kernels are compiled and graphs captured.
        """
        self._epoch()
        self._epoch()
        start = perf_counter()
        for _ in range(self._epochs):
            self._epoch()
        return perf_counter() - start

    def _epoch(self) -> None:
        with self._backend.active():
            while not self._learner.learn(60.0).epoch_done:
                pass
        self._backend.synchronize()
