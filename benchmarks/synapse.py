"""
Forward and backward through a layer of synapses: this library, its series, and PyTorch with the products written out.

``PyTorch`` writes the formula down, ``x exp(sum_j log1p(-W_ji x_j))``, and so has all samples x inputs x outputs
factors in memory at once, as has its automatic differentiation what it keeps of them. Before anything is measured, the
gradients of the exact contestants are held against each other.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np

import synapse_rx as sx
from synapse_rx.backends.numpy import NumpyBackend
from synapse_rx.losses import SquaredError
from synapse_rx.network.program import Program

from .harness import alternate, cpu_seconds, equal_threads, peer, pinned

TOLERANCE = 1e-3
"""How much, relative to the largest, gradients of exact contestants may differ."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--inputs", type=int, nargs="+", default=[64, 784], help="inputs of the synapses")
    parser.add_argument("--batch", type=int, default=64, help="samples in a batch")
    parser.add_argument("--rounds", type=int, help="passes measured")
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds, if others use the machine too")


def run(
    quick: bool = False,
    inputs: tuple[int, ...] = (64, 784),
    batch: int = 64,
    rounds: int | None = None,
    cpu: bool = False,
) -> None:
    with equal_threads(1), pinned(1):
        for n in (64,) if quick else inputs:
            _compare(n, batch, rounds or (3 if quick else 15), cpu)


def _compare(n: int, batch: int, rounds: int, cpu: bool) -> None:
    rng = np.random.default_rng(0)
    z = rng.standard_normal((batch, n))
    x = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)).astype(np.float32)
    t, v = rng.random((batch, n), np.float32) / n, rng.standard_normal((n, n)).astype(np.float32)
    names: dict[str, Pass] = {"ours": Ours(x, t, v), "ours, 2 terms": Ours(x, t, v, series=2)}
    if torch := peer("torch"):
        names["PyTorch"] = Torch(torch, x, t, v)
    gradients = {name: one.gradient() for name, one in names.items() if one.exact}
    largest = np.abs(gradients["ours"]).max()
    for name, gradient in gradients.items():
        off = np.abs(gradient - gradients["ours"]).max() / largest
        if not off < TOLERANCE:
            raise AssertionError(f"{name} has another gradient than ours: off by {off:.1e} of the largest")
    passes: dict[str, Callable[[], Any]] = {name: one.gradient for name, one in names.items()}
    contest = alternate(
        rounds, {name: cpu_seconds(each) for name, each in passes.items()} if cpu else passes_of(passes)
    )
    contest.print(
        f"{n} x {n} synapses, {batch} samples, forward and backward{', CPU seconds' if cpu else ''}"
    )


def passes_of(passes: dict[str, Callable[[], Any]]) -> dict[str, Callable[[], None]]:
    """
    Return contestants that are timed, whatever they return.
    """

    def silent(each: Callable[[], Any]) -> Callable[[], None]:
        def once() -> None:
            each()

        return once

    return {name: silent(each) for name, each in passes.items()}


class Pass:
    """
    One contestant: the gradient of the squared error by the weights' logits, forward and backward.
    """

    exact = True

    def gradient(self) -> Any:
        raise NotImplementedError


class Ours(Pass):
    """
    A program of one layer.
    """

    def __init__(self, x: Any, t: Any, v: Any, series: int | None = None) -> None:
        self.exact = series is None
        arch = sx.Arch(sx.Input(x.shape[1]), [sx.Dense(x.shape[1]), sx.Synapse(series=series)])
        n = x.shape[1]
        # The layer before it passes inputs on, so that their gradient is wanted as well.
        self._theta = np.concatenate(
            [np.eye(n, dtype=np.float32).ravel(), np.zeros(n, np.float32), v.ravel()]
        )
        self._grad = np.zeros_like(self._theta)
        self._program = Program(arch, NumpyBackend(), len(x), self._theta, self._grad)
        self._x, self._t, self._values, self._own = x, t, np.empty(len(x), np.float32), v.size

    def gradient(self) -> Any:
        self._program.learn(self._x, self._t, SquaredError(), self._values, 1 / len(self._x))
        return self._grad[-self._own :]


class Torch(Pass):
    """
    The formula written down.
    """

    def __init__(self, torch: Any, x: Any, t: Any, v: Any) -> None:
        self._torch = torch
        self._x, self._t = torch.tensor(x), torch.tensor(t)
        self._eye = torch.eye(x.shape[1], requires_grad=True)
        self._v = torch.tensor(v, requires_grad=True)

    def gradient(self) -> Any:
        torch = self._torch
        self._v.grad = self._eye.grad = None
        x = self._x @ self._eye
        logs = torch.log1p(-x[:, :, None] * torch.sigmoid(self._v)).sum(1)
        loss = ((x * torch.exp(logs) - self._t) ** 2).sum() / 2 / len(x)
        loss.backward()
        return np.asarray(self._v.grad).ravel()
