"""Compile ahead what trainings would compile on the way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..algorithms import Algorithm, FullBatchAlgorithm, Perceptron
from ..backends import NumpyBackend
from ..data import TrainingSet, training_set
from ..snapshot import Net
from .build import mlp
from .compiled import compile
from .learner import NetworkLearner

_MINUTE = 60.0


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
                _train(net, _set(stored, dtype), chunks=True)
            _train(net, _set(dtype, dtype), chunks=False)
        yield member.kind
    compile(mlp([3, 2], "softmax"))
    yield "answers"


def _set(stored: str, dtype: str) -> TrainingSet:
    x = np.arange(15).reshape(5, 3).astype(stored)
    return training_set(x, ["a", "b", "a", "b", "a"], batch=2, dtype=dtype, scale=1 / 15)


def _train(net: Net, data: TrainingSet, *, chunks: bool) -> None:
    learner = NetworkLearner(net, data, NumpyBackend(), chunks=chunks)
    try:
        learner.learn(_MINUTE)
    finally:
        learner.close()
