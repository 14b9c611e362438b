"""Compile ahead what trainings would compile on the way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..algorithms import Algorithm, FullBatchAlgorithm, Perceptron
from ..backends import NumpyBackend
from ..data import TrainingSet, training_set
from ..layers import GRU, LSTM, RNN, Activation, BatchNorm, Conv2D, Dense, Input, Layer, MaxPool2D, Synapse
from ..snapshot import Net, training
from .build import mlp, neural_net
from .compiled import compile
from .learner import NetworkLearner
from .plain.chunk import compile_every_kind

_MINUTE = 60.0

_CONVOLUTIONS = (((10, 5), (20, 5)), ((8, 5), (16, 5)), ((32, 3), (64, 3), (64, 3)))
"""Channels and kernels of networks whose convolutions are compiled; others differ in the tiles that suit them."""


def warm() -> Iterator[str]:
    """
    Train tiny networks in every way that is compiled, so that the machine keeps the machine code; name each when done.

    The code is kept beside the library's files, or in the user's cache directory where these cannot be written to.
    """
    for member in Algorithm.members():
        if issubclass(member, FullBatchAlgorithm | Perceptron):
            continue
        for dtype in ("float32", "float64"):
            net = mlp([3, 2], "softmax", member(), dtype=dtype).value
            for stored in (dtype, "uint8"):
                _train(net, _set(stored), chunks=True)
            _train(net, _set(dtype), chunks=False)
        yield member.kind
    compile_every_kind()
    yield "dense"
    compile(mlp([3, 2], "softmax"))
    yield "answers"
    for layer, shape in ((LSTM(2), (2, 3)), (GRU(2), (2, 3)), (RNN(2), (2, 3)), (Synapse(), (3,))):
        net = neural_net([Input(shape), layer, Dense(2, "softmax")], training("backprop")).value
        _train(net, training_set(np.ones((8, *shape), "float32"), ["a", "b"] * 4, batch=8), chunks=False)
        yield layer.kind
    others = [Conv2D(8, 3), BatchNorm(), Activation("relu"), MaxPool2D(3, 2)]
    _train(_images_net(others), _images(), chunks=False)
    yield "batch_norm max_pool2d"
    for sizes in _CONVOLUTIONS:
        layers = [layer for channels, kernel in sizes for layer in _convolution(channels, kernel)]
        _train(_images_net(layers), _images(), chunks=False)
        yield "-".join(f"conv{channels}x{kernel}" for channels, kernel in sizes)


def _convolution(channels: int, kernel: int) -> tuple[Layer, Layer]:
    return Conv2D(channels, kernel, activation="relu"), MaxPool2D(2)


def _images_net(layers: list[Layer]) -> Net:
    return neural_net([Input((1, 28, 28)), *layers, Dense(2, "softmax")], training("backprop")).value


def _images() -> TrainingSet:
    return training_set(np.ones((8, 1, 28, 28), "float32"), ["a", "b"] * 4, batch=8)


def _set(stored: str) -> TrainingSet:
    x = np.arange(15).reshape(5, 3).astype(stored)
    return training_set(x, ["a", "b", "a", "b", "a"], batch=2, dtype=stored, scale=1 / 15)


def _train(net: Net, data: TrainingSet, *, chunks: bool) -> None:
    learner = NetworkLearner(net, data, NumpyBackend(), chunks=chunks)
    try:
        learner.learn(_MINUTE)
    finally:
        learner.close()
