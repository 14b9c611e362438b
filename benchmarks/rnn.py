"""
Train recurrent networks beside PyTorch, JAX and tinygrad: milliseconds a step, and who is how much faster.

Sequences of 28 steps of 28 features go through 128 units, whose last state ten outputs read; batches of 128. All begin
with the same weights and learn the same sequences in the same order by plain gradient descent; after the first epoch,
which is not counted and stands in a column of its own, their losses are compared.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np

import synapse_rx as sx

from .cnn import compare, options
from .contestants.recurrent import others
from .contestants.stacks import Stack

STEPS, FEATURES, UNITS = 28, 28, 128
LAYERS = {"lstm": sx.LSTM, "gru": sx.GRU, "rnn": sx.RNN}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", nargs="+", choices=list(LAYERS), help="which layers")
    parser.add_argument("--batch", type=int, default=128, help="samples in a batch")
    options(parser)


def run(
    quick: bool = False,
    only: Sequence[str] | None = None,
    batch: int = 128,
    rounds: int | None = None,
    threads: int = 1,
    cpu: bool = False,
) -> None:
    rng = np.random.default_rng(0)
    n = batch * (1 if quick else 20)
    x, labels = rng.random((n, STEPS, FEATURES), np.float32), rng.integers(0, 10, n)
    stacks = {name: _stack(name, x, labels, batch) for name in only or LAYERS}
    compare(stacks, others, rounds or (2 if quick else 9), threads, cpu, quick)


def _stack(name: str, x: Any, labels: Any, batch: int) -> Stack:
    ours = [sx.Input((STEPS, FEATURES)), LAYERS[name](UNITS), sx.Dense(10, "softmax")]
    return Stack(ours, lambda torch: last_step(torch, name), x, labels, batch)


def last_step(torch: Any, name: str) -> Any:
    """
    Return PyTorch's recurrent layer with outputs that read its last step.
    """
    kinds = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}

    class LastStep(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.recurrent = kinds[name](FEATURES, UNITS, batch_first=True)
            self.read = torch.nn.Linear(UNITS, 10)

        def forward(self, x: Any) -> Any:
            return self.read(self.recurrent(x)[0][:, -1])

    return LastStep()
