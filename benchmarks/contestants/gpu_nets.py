"""The networks that are trained on a GPU beside others, with random samples: each a `Stack`."""

from __future__ import annotations

from typing import Any

import numpy as np

import synapse_rx as sx

from ..cnn import deep_diamond, synacnn
from ..rnn import FEATURES, STEPS, last_step
from .stacks import Stack

NETS = ("mlp", "wide", "synacnn", "deep diamond", "lstm")

WIDE, WIDE_BATCH, WIDE_BATCHES = 4096, 4096, 10


def stack(name: str, *, quick: bool = False) -> Stack:
    """
    Return one of `NETS`, to learn an epoch of; a quick look has fewer samples, and "wide" is narrower then.
    """
    rng, n = np.random.default_rng(0), 256 if quick else 12_800
    if name == "mlp":
        return _dense(rng, n, 100, 128)
    if name == "wide":
        units, batch = (64, 128) if quick else (WIDE, WIDE_BATCH)
        return _dense(rng, batch * (2 if quick else WIDE_BATCHES), units, batch, deep=True)
    labels = rng.integers(0, 10, n)
    if name == "lstm":
        ours = [sx.Input((STEPS, FEATURES)), sx.LSTM(128), sx.Dense(10, "softmax")]
        x = rng.random((n, STEPS, FEATURES), np.float32)
        return Stack(ours, lambda torch: last_step(torch, "lstm"), x, labels, 128)
    made = (synacnn if name == "synacnn" else deep_diamond)(rng.random((n, 1, 28, 28), np.float32), labels)
    whole = n // made.batch * made.batch  # a graph is for batches of one size
    return Stack(made.ours, made.theirs, made.x[:whole], labels[:whole], made.batch)


def _dense(rng: np.random.Generator, n: int, units: int, batch: int, *, deep: bool = False) -> Stack:
    hidden = [units] * (1 + deep)

    def theirs(torch: Any) -> Any:
        nn, layers = torch.nn, []
        for size, width in zip([784, *hidden], hidden, strict=False):
            layers += [nn.Linear(size, width), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(units, 10))

    ours = [sx.Input(784), *(sx.Dense(width, "relu") for width in hidden), sx.Dense(10, "softmax")]
    return Stack(ours, theirs, rng.random((n, 784), np.float32), rng.integers(0, 10, n), batch, 0.01)
